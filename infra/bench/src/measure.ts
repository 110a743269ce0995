import type { Arm, Work } from './arms/arm.ts';
import { readCommits, readWalPosition } from './arms/postgres-counters.ts';
import { type Stretch, stretch } from './stretch.ts';

/** One stretch of one arm, with everything that was counted. */
export interface Sample extends Stretch {
  latenciesMs: number[];
  /** Orders that did not end as they should, by what they ended as. */
  others: Record<string, number>;
  /** Orders that were refused and came back, counted each time. */
  refused?: number;
  walBytes?: number;
  /** Of its databases, those of settling shared out; known some seconds later, when every session has told what it did. */
  commits?: Promise<number>;
}

/** Sessions report what they did after 10 s of rest at the latest. */
const reportedMs = 11_000;

/** Runs stretches, and never two of one arm at a time. */
export class Measure {
  readonly #signal: AbortSignal;
  /** Of each arm's last stretch: its next one would be counted along. */
  readonly #counting = new Map<Arm, Promise<number>>();
  readonly #ended = new Map<Arm, number>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * @param settle so many orders of the same work come first and are not measured: an arm that has rested while others were at
   *   work finds cold caches, and connections to open again
   * @throws when more than one order in a hundred ended otherwise than it should, unless the work is meant to be too much
   */
  async stretch(arm: Arm, work: Work, { commits = false, mayRefuse = false, settle = 0 } = {}): Promise<Sample> {
    this.#signal.throwIfAborted();
    await this.#counting.get(arm);
    if (commits) await rest((this.#ended.get(arm) ?? Number.NEGATIVE_INFINITY) + reportedMs - performance.now());
    const { postgres } = arm;
    const commitsBefore = commits && postgres ? await readCommits(postgres) : 0;
    const settled = settle > 0 ? (await arm.run({ ...work, orders: settle })).completed : 0;
    const walBefore = postgres ? await readWalPosition(postgres) : 0;
    const sample: Sample = { orders: 0, seconds: 0, cpuMs: {}, latenciesMs: [], others: {} };
    const taken = await stretch(work.orders, await arm.pids(), async () => {
      const { completed, latenciesMs, others, refused = 0 } = await arm.run(work);
      if (!mayRefuse) refuseOthers(arm.name, others, completed);
      Object.assign(sample, { latenciesMs, others, refused, orders: completed });
    });
    this.#ended.set(arm, performance.now());
    Object.assign(sample, { seconds: taken.seconds, cpuMs: taken.cpuMs });
    if (!postgres) return sample;
    sample.walBytes = (await readWalPosition(postgres)) - walBefore;
    if (commits) {
      const measured = sample.orders / (settled + sample.orders);
      sample.commits = rest(reportedMs).then(async () => ((await readCommits(postgres)) - commitsBefore) * measured);
      // Somebody will await it, or the run has failed for another reason.
      sample.commits.catch(() => undefined);
      this.#counting.set(arm, sample.commits);
    }
    return sample;
  }
}

const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** One in a hundred may be late, say: it is not completed, and so does not count. Its end is in the books all the same. */
function refuseOthers(name: string, others: Record<string, number>, completed: number): void {
  const count = Object.values(others).reduce((sum, each) => sum + each, 0);
  const list = Object.entries(others).map(([what, each]) => `${each} × ${what}`);
  if (count > completed / 99) throw new Error(`${name}: orders that were not confirmed: ${list.join(', ')}`);
}
