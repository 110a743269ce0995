import { counter, gauge, Problem } from '@ringshop/service-defaults';
import { type Batch, BatchQueue } from './batch-queue.ts';
import { CustomerCounts } from './customer-counts.ts';
import { QueueLimit, type QueueLimitOptions } from './queue-limit.ts';

const refused = counter(
  'ringshop_admission_refused_total',
  'Orders refused because as many as can be decided in time are under way, of everybody (full) or of one customer (customer)',
  ['because'],
);
const running = new Set<Admission>();
gauge('ringshop_orders_open', 'Orders let in by this process and not decided yet', [], function () {
  this.set([...running].reduce((sum, { open }) => sum + open, 0));
});
gauge('ringshop_orders_open_limit', 'How many orders may be let in and not decided yet', [], function () {
  this.set([...running].reduce((sum, { limit }) => sum + limit, 0));
});

/** Of what may be under way, for one customer. Whose payments take long would have all of it otherwise. */
const oneCustomersShare = 0.5;
/** Of the time after which an order is forgotten: what takes so long when nothing waits will not be in time. */
const brokenShare = 0.8;

interface Open {
  since: number;
  found: number;
  customerId: string;
  gatheredMs: number;
  batch?: Batch;
}

export interface AdmissionOptions extends Omit<QueueLimitOptions, 'brokenMs'> {
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
  readonly #queue = new BatchQueue();
  readonly #open = new Map<string, Open>();
  readonly #ofCustomer = new CustomerCounts();
  readonly #options: AdmissionOptions;
  readonly #now: () => number;
  #unheardAt = Number.NEGATIVE_INFINITY;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#limit = new QueueLimit({ ...options, brokenMs: brokenShare * options.forgetAfterMs });
    this.#now = options.now ?? (() => performance.timeOrigin + performance.now());
    running.add(this);
  }

  get open(): number {
    return this.#open.size;
  }

  /** For how long batches stand in queues at present. Milliseconds. */
  get queuedMs(): number {
    return this.#queue.queuedMs(this.#now(), this.#limit.leastMs);
  }

  get limit(): number {
    return this.#limit.limit(this.#now());
  }

  /**
   * @param askedBefore it was let in, and the same key is only asked for the state now: then it is not refused
   * @throws Problem overloaded; rate-limited, when it is this customer who has too many under way
   */
  enter(orderId: string, customerId: string, askedBefore = false): void {
    const now = this.#now();
    this.#forget(now);
    const found = this.#open.size;
    if (!this.#unheard(now) && !askedBefore) this.#require(found, customerId, now);
    this.#open.set(orderId, { since: now, found, customerId, gatheredMs: 0 });
    this.#ofCustomer.add(customerId);
  }

  /** These leave together, after the entrance has let others come along for so long. */
  gathered(orderIds: string[], lingeredMs: number): void {
    const now = this.#now();
    const batch = this.#queue.leaves(now);
    for (const orderId of orderIds) {
      const open = this.#open.get(orderId);
      if (open === undefined) continue;
      open.batch = batch;
      open.gatheredMs = Math.min(lingeredMs, now - open.since);
    }
  }

  /** It was let in and then not written: its key was known, say. */
  leave(orderId: string): void {
    this.#take(orderId);
  }

  /** Takes out those that were let in here. */
  decided(orders: { orderId: string; stoodInQueues: boolean }[]): void {
    const now = this.#now();
    this.#unheard(now);
    for (const { orderId, stoodInQueues } of orders) {
      const ours = this.#take(orderId);
      // One that was turned away early did not see every queue, and would make the slowest look fast.
      if (ours !== undefined && stoodInQueues) this.#sample(ours, now);
    }
  }

  /** Notices were lost. Who is decided by now nobody knows here, and to count them all would turn others away for nothing. */
  missed(): void {
    this.#open.clear();
    this.#ofCustomer.clear();
  }

  close(): void {
    running.delete(this);
  }

  #require(found: number, customerId: string, now: number): void {
    const limit = this.#limit.limit(now);
    if (found >= limit) {
      refused.inc({ because: 'full' });
      throw new Problem('overloaded');
    }
    if (this.#ofCustomer.of(customerId) < oneCustomersShare * limit) return;
    refused.inc({ because: 'customer' });
    throw new Problem('rate-limited', { headers: { 'retry-after': '1' } });
  }

  /** In order of arrival, so the first that is young enough ends it. */
  #forget(now: number): void {
    for (const [orderId, { since }] of this.#open) {
      if (now - since < this.#options.forgetAfterMs) return;
      this.#sample(this.#take(orderId)!, now);
    }
  }

  #take(orderId: string): Open | undefined {
    const open = this.#open.get(orderId);
    if (open === undefined) return undefined;
    this.#open.delete(orderId);
    this.#ofCustomer.remove(open.customerId);
    return open;
  }

  #sample({ since, found, customerId: whose, gatheredMs, batch }: Open, now: number): void {
    // Whoever was under way while nobody heard waited for that, also when they end long after.
    if (since <= this.#unheardAt) return;
    this.#limit.sample({ endedAt: now, tookMs: now - since, gatheredMs, found, whose });
    if (batch !== undefined) this.#queue.decided(batch, now);
  }

  #unheard(now: number): boolean {
    const unheard = this.#options.unheard();
    if (unheard) this.#unheardAt = now;
    return unheard;
  }
}
