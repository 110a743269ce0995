import { RetriableError } from '../runtime/errors.ts';

interface Waiting<In, Out> {
  item: In;
  resolve: (answer: Out) => void;
  reject: (error: unknown) => void;
}

export interface GathererOptions {
  maxBatch: number;
  /** Bounds the memory a stalled database can cost: what comes on top is refused as retriable. */
  maxWaiting?: number;
  /** How long the next batch still lets others come along, unless it is full before. Asked before each. Milliseconds; 0 or less: not at all. */
  lingerMs?: (waiting: number) => number;
}

/**
 * Turns single calls into batches: a batch is what came in while the one before was under way. Alone, an item runs at once;
 * under load the batches grow by themselves. There is no timer, unless whoever knows what a batch costs asks for one.
 *
 * Guaranteed: one run at a time; items in order of submission; each answered once. A run that rejects rejects all of its
 * items: a caller for which one bad item must not fail its neighbours has to answer it, not throw.
 */
export class Gatherer<In, Out> {
  readonly #run: (batch: In[], lingeredMs: number) => Promise<Out[]>;
  readonly #maxBatch: number;
  readonly #maxWaiting: number;
  readonly #lingerMs: (waiting: number) => number;
  #waiting: Waiting<In, Out>[] = [];
  #running: Promise<void> | undefined;
  #whenFull: (() => void) | undefined;

  /** @param run is told for how long the batch was held open for more to come along, too */
  constructor(run: (batch: In[], lingeredMs: number) => Promise<Out[]>, options: GathererOptions) {
    this.#run = run;
    this.#maxBatch = options.maxBatch;
    this.#maxWaiting = options.maxWaiting ?? Number.POSITIVE_INFINITY;
    this.#lingerMs = options.lingerMs ?? (() => 0);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  submit(item: In): Promise<Out> {
    if (this.#waiting.length >= this.#maxWaiting) return Promise.reject(new RetriableError('too many are waiting'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#waiting.length >= this.#maxBatch) this.#whenFull?.();
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    // One turn of the event loop: requests that arrived in the same poll share the first batch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const lingerMs = this.#waiting.length < this.#maxBatch ? this.#lingerMs(this.#waiting.length) : 0;
      const lingeredMs = lingerMs > 0 ? await this.#linger(lingerMs) : 0;
      await this.#runBatch(this.#waiting.splice(0, this.#maxBatch), lingeredMs);
    }
    this.#running = undefined;
  }

  /** Until the time is over or the batch is full. @returns for how long it was, in ms */
  async #linger(ms: number): Promise<number> {
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#whenFull = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#whenFull = undefined;
    return performance.now() - began;
  }

  async #runBatch(batch: Waiting<In, Out>[], lingeredMs: number): Promise<void> {
    try {
      const items = batch.map(({ item }) => item);
      const answers = await this.#run(items, lingeredMs);
      if (answers.length !== batch.length) throw new Error(`${answers.length} answers to a batch of ${batch.length}`);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Out);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
