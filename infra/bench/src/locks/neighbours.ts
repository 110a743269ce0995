import { atMost, type Goal } from '../goal.ts';
import { percentileOf } from '../statistics.ts';
import type { StockLoad } from './stock-load.ts';
import type { StockTake } from './stock-take.ts';

const orders = 10_000;

/**
 * What everybody else waits while nine of ten buyers want one SKU, against buyers who want all SKUs alike.
 * Both in turn, so that a slow minute hits both.
 */
export class Neighbours {
  readonly #spread = new Map<number, number[]>();
  readonly #beside = new Map<number, number[]>();

  async measure(replicas: number, skus: string[], load: StockLoad, books: StockTake): Promise<void> {
    const [popular, ...others] = skus as [string, ...string[]];
    await books.fill(skus, 2 * orders);
    const crowd = [...others, ...Array.from({ length: 9 * others.length }, () => popular)];
    for (const [wanted, into] of [
      [skus, this.#spread],
      [crowd, this.#beside],
    ] as const) {
      const { latencies, skuOf } = await load.reserve(wanted, orders);
      const all = into.get(replicas) ?? [];
      into.set(replicas, all);
      for (const [index, ms] of latencies.entries()) if (skuOf[index] !== popular) all.push(ms);
    }
  }

  goals(): Goal[] {
    return [...this.#spread.keys()].sort().map((replicas) => {
      const [spread, beside] = [this.#spread, this.#beside].map((all) => percentileOf(all.get(replicas)!, 0.99)) as [
        number,
        number,
      ];
      const what = `others’ p99 beside a SKU with 90 % of the load, against spread, ${replicas} replica${replicas > 1 ? 's' : ''}`;
      return atMost(`neighbours-${replicas}`, what, 1.2, beside / spread);
    });
  }
}
