import type { Parameters } from '../deck.ts';
import type { Parts } from '../parts.ts';
import type { PlannedFault } from '../plan.ts';
import type { Proxies } from '../proxies/proxies.ts';

/** What faults are done to. */
export interface Stage {
  parts: Parts;
  proxies: Proxies;
  /** URLs of servers, past the proxies. */
  redisUrl: string;
  simulatorsUrl: string;
  /** Waits; ends early when the run is given up. */
  pause(ms: number): Promise<void>;
}

/** A fault that has struck. */
export interface Struck {
  /** Undoes it; what was taken down serves again afterwards. */
  heal(): Promise<void>;
  /** Proof: how often it was felt by something so far. One that stays at 0 never fired. */
  felt(): Promise<number> | number;
  /** What it consisted of, where that is more than one thing. */
  counts?(): Promise<Record<string, number>>;
}

export type Strike = (stage: Stage, planned: PlannedFault) => Promise<Struck>;

export const numberIn = (parameters: Parameters, name: string) => Number(parameters[name]);
export const textIn = (parameters: Parameters, name: string) => String(parameters[name]);
