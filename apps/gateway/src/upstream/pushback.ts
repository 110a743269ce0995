import { counter, Problem } from '@ringshop/service-defaults';
import { fullMs } from './replica.ts';

const pushedBack = counter(
  'gateway_pushed_back_total',
  'Orders refused for a shard that has just said that it is full',
  ['target'],
);

/** So long that a crowd is not asked for one by one. */
const leastMs = 10;
/** So short that of what becomes free meanwhile hardly anything is lost. */
const mostMs = 100;

/**
 * Refuses orders in the place of a shard, all of whose replicas have just said that they are full: at ten times the load they would be
 * busy with saying no. For as long as it took to hear it, since so much was sent meanwhile; under load that is longer.
 */
export class Pushback {
  readonly #target: string;
  /** When an order was refused for those that are under way, and none let in since. */
  readonly #refusedAt: Map<object, number>;
  readonly #now: () => number;
  #until = 0;

  constructor(target: string, replicas: object[], now = () => performance.now()) {
    this.#target = target;
    this.#now = now;
    this.#refusedAt = new Map(replicas.map((replica) => [replica, Number.NEGATIVE_INFINITY]));
  }

  /** @throws Problem overloaded */
  require(): void {
    if (this.#now() >= this.#until) return;
    pushedBack.inc({ target: this.#target });
    throw new Problem('overloaded');
  }

  /** What a replica says to an order, and how long it took to hear it. */
  heard(replica: object, isFull: boolean, tookMs: number): void {
    const now = this.#now();
    this.#refusedAt.set(replica, isFull ? now : Number.NEGATIVE_INFINITY);
    if (!isFull) return;
    const first = Math.min(...this.#refusedAt.values());
    if (now - first < fullMs) this.#until = now + Math.min(mostMs, Math.max(leastMs, tookMs));
  }
}
