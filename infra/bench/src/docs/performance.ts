import type { ArmResult } from '../arm-result.ts';
import type { Goal } from '../goal.ts';
import type { Machine } from '../machine.ts';

/** What `npm run bench -- --json` prints, and docs/performance.json keeps. */
export interface Performance {
  arms: ArmResult[];
  goals: Goal[];
  machine: Machine;
  command: string;
  /** When it began, ISO 8601. */
  at: string;
  durationS: number;
}
