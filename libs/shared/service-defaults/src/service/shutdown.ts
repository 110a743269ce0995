import { setTimeout as after } from 'node:timers/promises';
import type { Logger } from '../runtime/logger.ts';

/** In this order. Each phase still finds everything of the later ones working. */
const phases = ['accepting', 'consumers', 'relay', 'pools'] as const;
export type ShutdownPhase = (typeof phases)[number];

interface Step {
  phase: ShutdownPhase;
  name: string;
  stop: () => Promise<void> | void;
}

/** The ordered end of a service: no new work, finish what is under way, consumers, relay, pools. */
export class Shutdown {
  readonly #abort = new AbortController();
  readonly #onBegin = new Set<() => void>();
  readonly #steps: Step[] = [];

  /** Aborts when the stop begins: long waits and event streams answer with what they have. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /**
   * Calls back when the stop begins, at once when it has. For what comes and goes with every client: an AbortSignal looks
   * through all of its listeners for each one.
   * @returns how to take it back
   */
  onBegin(callback: () => void): () => void {
    if (this.signal.aborted) callback();
    else this.#onBegin.add(callback);
    return () => void this.#onBegin.delete(callback);
  }

  register(phase: ShutdownPhase, name: string, stop: Step['stop']): void {
    this.#steps.push({ phase, name, stop });
  }

  /**
   * Runs every step, phase by phase, within `withinMs` for all. A step that fails or hangs is logged and does not keep
   * the later ones from running; true when all of them ended well.
   */
  async run(logger: Logger, withinMs: number): Promise<boolean> {
    this.#abort.abort();
    for (const callback of this.#onBegin) callback();
    const giveUp = AbortSignal.timeout(withinMs);
    let clean = true;
    for (const phase of phases) {
      const steps = this.#steps.filter((step) => step.phase === phase);
      const ended = await Promise.all(steps.map((step) => runStep(step, giveUp, logger)));
      clean &&= ended.every(Boolean);
    }
    return clean;
  }
}

async function runStep({ name, stop }: Step, giveUp: AbortSignal, logger: Logger): Promise<boolean> {
  const done = new AbortController();
  const tooLong = after(2 ** 31 - 1, undefined, { signal: AbortSignal.any([giveUp, done.signal]), ref: false }).catch(
    () => {
      if (!done.signal.aborted) throw new Error('did not stop in time');
    },
  );
  try {
    // Every step gets a start even when the time is over: to begin closing a pool is better than not to.
    await Promise.race([stop(), tooLong]);
    return true;
  } catch (error) {
    logger.error({ err: error, step: name }, 'a part did not stop cleanly');
    return false;
  } finally {
    done.abort();
  }
}
