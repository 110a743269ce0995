import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { FaultKind } from './deck.ts';
import type { Stage, Strike, Struck } from './faults/fault.ts';
import { strikes } from './faults/index.ts';
import { lanes, type PlannedFault } from './plan.ts';
import { faultText, type Timeline } from './timeline.ts';
import type { Healed } from './watch.ts';

/** How much longer than planned a fault goes on until it is felt. */
const patienceMs = 15_000;

/** Plays a plan: each fault at its time, once its target is whole again and not too many others go on. */
export class Conductor {
  readonly healed: Healed[] = [];
  /** Faults that could not be done or undone: trouble of the system's, or of ours. */
  readonly errors: string[] = [];
  readonly #turns = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(
    private readonly stage: Stage,
    private readonly timeline: Timeline,
    private readonly signal: AbortSignal,
    private readonly how: Record<FaultKind, Strike> = strikes,
  ) {}

  async play(plan: PlannedFault[]): Promise<void> {
    const began = performance.now();
    const each = plan.map(async (planned) => {
      await this.stage.pause(began + planned.atMs - performance.now());
      await this.#inTurn(planned.target, () => this.#among(() => this.#one(planned)));
    });
    await Promise.all(each);
  }

  /** One after the other for each target: what is down cannot be paused. */
  #inTurn(target: string, act: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(target) ?? Promise.resolve()).then(act);
    this.#turns.set(target, turn);
    return turn;
  }

  /** At most so many at a time as the plan has lanes, and one more when they take longer than planned. */
  async #among(act: () => Promise<void>): Promise<void> {
    if (this.#underWay > lanes) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay++;
    try {
      await act();
    } finally {
      // The place goes to the next in line, or is free.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#underWay--;
    }
  }

  async #one(planned: PlannedFault): Promise<void> {
    if (this.signal.aborted) return;
    const struckAt = performance.now();
    this.timeline.tell('strike', faultText(planned));
    try {
      const struck = await this.how[planned.fault](this.stage, planned);
      await this.stage.pause(planned.lastsMs);
      await this.#untilFelt(struck);
      await struck.heal();
      const healedAt = performance.now();
      const felt = await struck.felt();
      this.healed.push({ planned, struckAt, healedAt, felt, counts: (await struck.counts?.()) ?? {} });
      const name = `${planned.fault} ${planned.target}`;
      if (felt > 0) this.timeline.tell('heal', `${name} is over, felt ${felt} ×`);
      else this.timeline.tell('miss', `${name} is over, and nobody felt it`);
    } catch (error) {
      if (this.signal.aborted) return;
      this.errors.push(`${faultText(planned)}: ${(error as Error).message}`);
      this.timeline.tell('trouble', this.errors.at(-1)!);
    }
  }

  /** Who would feel it may be down by another fault: it goes on until somebody does, for a while. */
  async #untilFelt(struck: Struck): Promise<void> {
    for (let waitedMs = 0; waitedMs < patienceMs && !this.signal.aborted; waitedMs += 250) {
      if ((await struck.felt()) > 0) return;
      await this.stage.pause(250);
    }
  }
}

/** A wait that ends early, and quietly, when the run is given up. A loop of such waits still lets everybody else run. */
export const pauseUntilAborted =
  (signal: AbortSignal) =>
  async (ms: number): Promise<void> => {
    if (ms <= 0 || signal.aborted) return turn();
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  };
