import { CommandFailed } from '@ringshop/operator';
import type { Arm, Bench, Cell, Outcome, Work } from './arm.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface WorkerArmParts extends Pick<Arm, 'name' | 'title' | 'settings'> {
  rivals: Bench['rivals'];
  databases: string[];
  worker: WorkerProcess;
  /** An order needs one: more orders under way would only queue before them. */
  sessions: (cell: Cell) => number;
  /** What its books say that is wrong, after so many orders. */
  wrongWith: (completed: number) => Promise<string | undefined>;
}

/** An arm that is one process of its own, and databases of the rivals' PostgreSQL. */
export class WorkerArm implements Arm {
  readonly name: string;
  readonly title: string;
  readonly settings: string[];
  readonly postgres: NonNullable<Arm['postgres']>;
  readonly #parts: WorkerArmParts;
  #completed = 0;

  constructor(parts: WorkerArmParts) {
    this.name = parts.name;
    this.title = parts.title;
    this.settings = parts.settings;
    this.postgres = { url: parts.rivals.url, databases: parts.databases };
    this.#parts = parts;
  }

  inFlight(cell: Cell): number {
    return Math.min(cell.inFlight, this.#parts.sessions(cell));
  }

  async pids(): Promise<Record<string, number>> {
    return { client: this.#parts.worker.pid, postgres: this.#parts.rivals.pid };
  }

  async run(work: Work): Promise<Outcome> {
    const outcome = await this.#parts.worker.run({ ...work, inFlight: this.inFlight(work) });
    this.#completed += outcome.completed;
    return outcome;
  }

  async checkBooks(): Promise<void> {
    const problem = await this.#parts.wrongWith(this.#completed);
    if (problem) throw new CommandFailed(`${this.name}: ${this.#completed} orders were placed, but ${problem}`);
  }

  close(): Promise<void> {
    return this.#parts.worker.close();
  }
}
