export type PartKind = 'gateway' | 'order' | 'inventory' | 'payment' | 'simulators' | 'kafka' | 'redis' | 'postgres';

/**
 * - `starting`: is being started, and has not been ready yet
 * - `ready`: takes work
 * - `degraded`: was ready, and now says that it is not, or does not answer
 * - `down`: does not run
 */
export type PartState = 'ready' | 'starting' | 'degraded' | 'down';

export interface PartStatus {
  name: string;
  kind: PartKind;
  /** The process that serves; null when it is down. */
  pid: number | null;
  url: string;
  state: PartState;
  /** How often it ended by itself because it was dead, and was started again. */
  restarts: number;
}

/** What `npm run status -- --json` prints, and scripts rely on. */
export interface StatusJson {
  /** Every part is. */
  ready: boolean;
  gateway: string;
  /** The gateway's operator listener. */
  operator: string;
  parts: PartStatus[];
  postgres: { url: string };
  redis: { url: string };
  kafka: { brokers: string };
  logs: string;
}

/** The same shape when no system runs. */
export const nothingRuns = {
  ready: false,
  gateway: null,
  operator: null,
  parts: [] as PartStatus[],
  postgres: { url: null },
  redis: { url: null },
  kafka: { brokers: null },
  logs: null,
} as const;

export type NothingRuns = typeof nothingRuns;
