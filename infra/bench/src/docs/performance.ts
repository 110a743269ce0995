import type { ArmResult } from '../arm-result.ts';
import type { Goal } from '../goal.ts';
import type { IdleResult } from '../idle/idle-result.ts';
import type { Machine } from '../machine.ts';
import type { ScaleResult } from '../scale/scale-result.ts';

/** About a run: everything that `--json` prints beside the result. */
export interface Run {
  machine: Machine;
  command: string;
  /** Whose code it was, `-dirty` when that was changed; unknown outside of git, and of runs from before it was noted. */
  commit?: string | undefined;
  /** When it began, ISO 8601. */
  at: string;
  durationS: number;
}

/** What docs/performance.json keeps: a run of `npm run bench`, and beside it what other benchmarks saved there. */
export interface Performance extends Run {
  arms: ArmResult[];
  goals: Goal[];
  scale?: ScaleResult & Run;
  idle?: IdleResult & Run;
}
