import type { AuditReport } from '@ringshop/operator';
import type { Goal, Mark, Scenario } from '../scenario.ts';
import type { Tallies } from '../tallies.ts';

/** All that is known of a run when it is over. */
export interface Outcome {
  name: string;
  scenario: Scenario;
  command: string;
  startedAt: Date;
  seconds: number;
  tallies: Tallies;
  marks: Mark[];
  thresholds: Goal[];
  goals: Goal[];
  /** Of the scenario's own. */
  charts: string[];
  /** Not there when it could not be made. */
  audit: AuditReport | undefined;
  ok: boolean;
}
