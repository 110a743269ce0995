import { counter, gauge, Problem } from '@ringshop/service-defaults';
import { QueueLimit, type QueueLimitOptions } from './queue-limit.ts';
import type { Changed } from './status-notice.ts';

const refused = counter(
  'ringshop_orders_shed_total',
  'Orders refused because as many as can be done in time are under way',
);
const running = new Set<Admission>();
gauge('ringshop_orders_open', 'Orders let in by this process and not decided yet', [], function () {
  this.set([...running].reduce((sum, { open }) => sum + open, 0));
});
gauge('ringshop_orders_open_limit', 'How many there may be', [], function () {
  this.set([...running].reduce((sum, { limit }) => sum + limit, 0));
});

interface Open {
  since: number;
  found: number;
}

export interface AdmissionOptions extends QueueLimitOptions {
  /** An order that is undecided for longer is no queue any more but a fault, which sagas look after. */
  forgetAfterMs: number;
  /**
   * Whether nobody hears what is published, or this replica hears of no decision: then orders wait for the broker, or look
   * as if they did, and the outbox has its own bound.
   */
  unheard: () => boolean;
  now?: () => number;
}

/**
 * Lets in as many orders as can be decided in time, and refuses the rest at once, before anything is written. Counted are
 * those that this replica let in, whoever decides them: it hears of that as every replica does, by the status notices.
 */
export class Admission {
  readonly #limit: QueueLimit;
  readonly #open = new Map<string, Open>();
  readonly #options: AdmissionOptions;
  readonly #now: () => number;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#limit = new QueueLimit(options);
    this.#now = options.now ?? (() => performance.now());
    running.add(this);
  }

  get open(): number {
    return this.#open.size;
  }

  get limit(): number {
    return this.#limit.limit(this.#now());
  }

  /** @throws Problem overloaded */
  enter(orderId: string): void {
    const now = this.#now();
    this.#forget(now);
    const found = this.#open.size;
    if (found >= this.#limit.limit(now) && !this.#options.unheard()) {
      refused.inc();
      throw new Problem('overloaded');
    }
    this.#open.set(orderId, { since: now, found });
  }

  /** It was let in and then not written: its key was known, say. */
  leave(orderId: string): void {
    this.#open.delete(orderId);
  }

  /** Takes out those that were let in here. */
  decided(orders: Changed[]): void {
    const now = this.#now();
    const unheard = this.#options.unheard();
    for (const { orderId, paidFor } of orders) {
      const ours = this.#open.get(orderId);
      if (ours === undefined) continue;
      this.#open.delete(orderId);
      // One that was turned away early did not see every queue, and would make the slowest look fast.
      if (paidFor && !unheard) this.#limit.sample(now - ours.since, ours.found, now);
    }
  }

  /** Notices were lost. Who is decided by now nobody knows here, and to count them all would turn others away for nothing. */
  missed(): void {
    this.#open.clear();
  }

  close(): void {
    running.delete(this);
  }

  /** In order of arrival, so the first that is young enough ends it. */
  #forget(now: number): void {
    for (const [orderId, { since, found }] of this.#open) {
      if (now - since < this.#options.forgetAfterMs) return;
      this.#open.delete(orderId);
      if (!this.#options.unheard()) this.#limit.sample(now - since, found, now);
    }
  }
}
