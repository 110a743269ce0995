import type { SystemUrls } from '@ringshop/operator';
import type { Tallies } from './tallies.ts';

export interface Goal {
  goal: string;
  measured: string;
  met: boolean;
}

/** Something that was done to the system, drawn into the charts. */
export interface Mark {
  atMs: number;
  label: string;
}

export interface Context {
  system: SystemUrls;
  /** Orders a second that can be completed, when it is known. */
  peak: number | undefined;
  minutes: number;
  tallies: Tallies;
  note: (text: string) => void;
  mark: (label: string) => void;
  /** Aborted when the run is over, or given up. */
  signal: AbortSignal;
  /** Has something done when all is over, however it ended: told as soon as there is anything to close, last in, first out. */
  atEnd: (step: () => Promise<unknown>) => void;
}

export interface Plan {
  /** What its script is told. */
  env?: Record<string, string>;
  /** What is done beside the load. Puts right again what it breaks, also when the signal comes early. */
  meanwhile?: () => Promise<void>;
  /** More load is of no use. */
  isEnough?: () => boolean;
  /** What k6's own thresholds cannot know. */
  judge?: () => Goal[] | Promise<Goal[]>;
  /** After the audit, when all of it is green. */
  whenGreen?: () => Promise<void>;
  /** What the report shows beside what all of them do. */
  charts?: () => string[];
}

/** A script in k6/ and what the launcher has to do with it. */
export interface Scenario {
  shows: string;
  takes: string;
  /** Its load goes by the peak: only by that, so that `ramp` comes first where none is known, or where one is known. */
  peak?: 'needed' | 'welcome';
  /** Its latencies count from the POST: it drops so many orders that when the others were due is not known. */
  fromPost?: true;
  /** It takes `--minutes`; so many when they are not given. */
  minutes?: number;
  prepare?: (context: Context) => Promise<Plan> | Plan;
}

/** A figure against its bound, as a person wants to read it. */
export const goal = (text: string, measured: number, met: boolean, digits = 2): Goal => ({
  goal: text,
  measured: Number.isFinite(measured) ? measured.toFixed(digits) : 'nothing',
  met: met && Number.isFinite(measured),
});

export const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
