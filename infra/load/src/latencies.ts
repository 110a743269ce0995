import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Node's HDR histogram, in milliseconds: two significant figures up to a minute, and a few kilobytes however many are added. */
export class Latencies {
  #histogram: RecordableHistogram | undefined;

  add(ms: number): void {
    this.#at().record(Math.min(maxUs, Math.max(1, Math.round(ms * 1000))));
  }

  merge(other: Latencies): void {
    if (other.#histogram) this.#at().add(other.#histogram);
  }

  get count(): number {
    return this.#histogram?.count ?? 0;
  }

  /** In ms; 0 when nothing was added. */
  percentile(percent: number): number {
    return this.count === 0 ? 0 : this.#histogram!.percentile(percent) / 1000;
  }

  #at(): RecordableHistogram {
    this.#histogram ??= createHistogram({ lowest: 1, highest: maxUs, figures: 2 });
    return this.#histogram;
  }
}

const maxUs = 60_000_000;
