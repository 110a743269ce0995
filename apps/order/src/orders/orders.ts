import { isOrderId, slotOfOrder } from '@ringshop/placement';
import { type KeyRing, Problem } from '@ringshop/service-defaults';
import { CustomerCounts } from '../admission/customer-counts.ts';
import type { IsWanted } from '../admission/wanted.ts';
import type { OrderWatch } from '../following/order-watch.ts';
import { untilTerminal } from '../following/wait.ts';
import type { Cancelled, CancelOrders } from './cancel-orders.ts';
import type { Order } from './order.ts';
import type { Placed, PlaceOrders } from './place-orders.ts';
import { type PlaceRequest, placingOf } from './place-request.ts';
import type { Placing } from './placing.ts';
import type { OrderReader, Page } from './read-orders.ts';

type Refused = Exclude<(Placed | Cancelled)['outcome'], 'placed' | 'repeated' | 'accepted'>;

/** What a customer can do with orders here. Throws the {@link Problem} that the client gets. */
export class Orders {
  readonly #waiting = new CustomerCounts();

  constructor(
    private readonly placing: PlaceOrders,
    private readonly cancelling: CancelOrders,
    private readonly reader: OrderReader,
    private readonly watch: OrderWatch,
    private readonly paymentTokens: KeyRing,
    private readonly mostWaitsOfCustomer: number,
  ) {}

  /**
   * @param waitMs how long to hold the answer for the order to become terminal; 0 not at all. Nor when this customer has as many
   * answers held as one may: a wait is a preference, and whoever repeats one key would take the places of all.
   */
  async place(
    customerId: string,
    key: string,
    request: PlaceRequest,
    waitMs: number,
    asked: Pick<Placing, 'isWanted' | 'askedBefore' | 'traceparent'> = {},
  ): Promise<Order> {
    const placing = { ...placingOf(customerId, key, request, this.paymentTokens, this.placing.nextBatch), ...asked };
    const mayWait = waitMs > 0 && this.#waiting.of(customerId) < this.mostWaitsOfCustomer;
    if (!mayWait) return this.#placed(await this.placing.place(placing));
    this.#waiting.add(customerId);
    return this.#placedAndEnded(placing, waitMs).finally(() => this.#waiting.remove(customerId));
  }

  async #placedAndEnded(placing: Placing, waitMs: number): Promise<Order> {
    const started = performance.now();
    const order = await untilTerminal(this.watch, placing.orderId, waitMs, async () =>
      this.#placed(await this.placing.place(placing)),
    );
    if (order.orderId === placing.orderId) return order;
    // The key was known: what is waited for is another order than the one that was watched.
    const leftMs = Math.max(0, waitMs - (performance.now() - started));
    return untilTerminal(this.watch, order.orderId, leftMs, () => this.one(placing.customerId, order.orderId));
  }

  /** @returns the order as it stands then: it ends `cancelled` */
  async cancel(customerId: string, key: string, orderId: string, isWanted?: IsWanted): Promise<Order> {
    if (!isOrderId(orderId)) throw new Problem('not-found');
    const cancelled = await this.cancelling.cancel({ customerId, key, orderId, isWanted });
    return cancelled.outcome === 'accepted' ? cancelled.order : this.#refuse(cancelled.outcome);
  }

  /** Somebody else's order is no order: its existence is not told. */
  async one(customerId: string, orderId: string): Promise<Order> {
    if (!isOrderId(orderId)) throw new Problem('not-found');
    const order = await this.reader.one(orderId, slotOfOrder(orderId));
    if (order === 'misdirected') throw await this.reader.misdirected();
    if (order === 'absent' || order.customerId !== customerId) throw new Problem('not-found');
    return order;
  }

  /** @throws Problem misdirected */
  async requireOwned(slot: number): Promise<void> {
    if (!(await this.reader.owns(slot))) throw await this.reader.misdirected();
  }

  async page(customerId: string, limit: number, after?: string): Promise<Page> {
    const page = await this.reader.page(customerId, limit, after);
    if (page === 'misdirected') throw await this.reader.misdirected();
    return page;
  }

  async #placed(placed: Placed): Promise<Order> {
    return 'order' in placed ? placed.order : this.#refuse(placed.outcome);
  }

  async #refuse(outcome: Refused): Promise<never> {
    switch (outcome) {
      case 'absent':
        throw new Problem('not-found');
      case 'not-cancellable':
        throw new Problem('not-cancellable', { detail: 'the order was rejected' });
      case 'late':
        throw new Problem('deadline-exceeded');
      case 'misdirected':
        throw await this.reader.misdirected();
      case 'erased':
        throw new Problem('forbidden', { detail: 'the personal data of this customer were erased' });
      case 'key-in-use':
        throw new Problem('idempotency-key-in-use', { headers: { 'retry-after': '1' } });
      case 'key-reused':
        throw new Problem('idempotency-key-reused');
    }
  }
}
