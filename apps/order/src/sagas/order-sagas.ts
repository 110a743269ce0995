import { type OrderReason, orderReason, orderRepliesTopic, type PricedLine } from '@ringshop/contracts';
import type { Incoming, Outbox, Tx } from '@ringshop/messaging';
import { isOrderId, slotOfOrder } from '@ringshop/placement';
import { type Policy, SagaRunner, type SomeData, type Transition, UnknownVersion } from '@ringshop/saga';
import type { Logger } from '@ringshop/service-defaults';
import { cancelOrderSaga } from '../cancel-order/cancel-order.saga.ts';
import { changeStatuses, type StatusChange } from '../orders/change-status.ts';
import type { Order } from '../orders/order.ts';
import type { Placing } from '../orders/placing.ts';
import {
  type OrderOutcome,
  type PlaceOrder,
  type PlaceOrderTimes,
  placeOrderSaga,
} from '../place-order/place-order.saga.ts';
import { lockOwnedSlots, SlotNotOwned } from '../placement/owned-slots.ts';
import { StrayReplies } from './stray-replies.ts';

export interface OrderSagasOptions {
  outbox: Outbox;
  shard: string;
  policy: Omit<Policy, 'random'>;
  times: PlaceOrderTimes;
  logger: Logger;
}

/** What an operator has set going again: names of sagas that were parked. */
export interface Resumed {
  orderId: string;
  resumed: string[];
  /** Those that no process here knows how to move. */
  notResumed: { name: string; why: string }[];
}

/** Where sagas and orders meet: what a saga has come to becomes the order's status, in the saga's own transaction. */
export class OrderSagas {
  readonly #runner: SagaRunner<OrderOutcome>;
  readonly #placeOrder: ReturnType<typeof placeOrderSaga>;
  readonly #outbox: Outbox;
  readonly #source: string;

  constructor({ outbox, shard, policy, times, logger }: OrderSagasOptions) {
    this.#source = `/order/${shard}`;
    this.#outbox = outbox;
    this.#placeOrder = placeOrderSaga(times);
    const strays = new StrayReplies(logger);
    this.#runner = new SagaRunner({
      definitions: [this.#placeOrder, cancelOrderSaga],
      outbox,
      replyTo: orderRepliesTopic(shard),
      source: this.#source,
      policy,
      mayWrite: async (tx, subjects) => {
        // A reply may be about anything. What is no order id has no slot, and no saga.
        const orderIds = subjects.filter(isOrderId);
        const owned = await lockOwnedSlots(tx, orderIds.map(slotOfOrder));
        return new Set(orderIds.filter((orderId) => owned.has(slotOfOrder(orderId))));
      },
      refusal: (orderId) => new SlotNotOwned(slotOfOrder(orderId)),
      onTransitions: (tx, transitions) => this.#change(tx, transitions),
      onNotes: (notes) => strays.count(notes),
    });
  }

  begin(tx: Tx, placings: Placing[]): void {
    const sagas = placings.map(({ orderId, lines, expectedTotal, sealedToken, traceparent }) => ({
      id: orderId,
      data: { lines, ...(expectedTotal && { expectedTotal }), token: sealedToken } satisfies PlaceOrder,
      traceparent,
    }));
    this.#runner.begin(tx, this.#placeOrder, sagas);
  }

  handleReplies(batch: Incoming[]): Promise<void> {
    return this.#runner.handleReplies(batch);
  }

  sweepDeadlines(): Promise<number> {
    return this.#runner.sweepDeadlines();
  }

  /**
   * Cancels orders in the caller's transaction: those that `read` tells once they are locked, and that are not over or about
   * to be. Of confirming and cancelling one order one comes first, because both hold the saga's row: before the pivot the
   * order is never confirmed, after it everything is taken back.
   */
  async cancel(tx: Tx, orderIds: string[], read: () => Promise<Order[]>): Promise<void> {
    const sagas = await this.#runner.lock(tx, orderIds);
    const orders = new Map((await read()).map((order) => [order.orderId, order]));
    const placing = sagas.filter(({ name }) => name === this.#placeOrder.name);
    const pending = placing.filter(({ id }) => orders.get(id)?.status === 'pending');
    const confirmed = placing.filter(({ id }) => orders.get(id)?.status === 'confirmed');
    await this.#runner.intervene(tx, pending, { kind: 'call-off', reason: 'customer' satisfies OrderReason });
    // One that is being undone, because its stock was lost, gives everything back by itself.
    const begun = confirmed
      .filter(({ state }) => state === 'acting' || state === 'completed')
      .map(({ id }) => ({ id, data: { total: orders.get(id)!.total! } }));
    this.#runner.begin(tx, cancelOrderSaga, begun);
    await changeStatuses(
      tx,
      confirmed.map(({ id }) => ({ orderId: id, status: 'cancelling', reason: 'customer' })),
      this.#source,
    );
  }

  /** @returns undefined when there is no saga about this order */
  async resume(orderId: string, by: string): Promise<Resumed | undefined> {
    return this.#outbox.transaction(async (tx) => {
      const sagas = await this.#runner.lock(tx, [orderId]);
      if (sagas.length === 0) return undefined;
      const resumed: typeof sagas = [];
      const notResumed: Resumed['notResumed'] = [];
      for (const saga of sagas) {
        try {
          resumed.push(...(await this.#runner.intervene(tx, [saga], { kind: 'resume', by })));
        } catch (error) {
          // Nothing was written for this one, and it must not keep the other from going on.
          if (!(error instanceof UnknownVersion)) throw error;
          notResumed.push({ name: saga.name, why: error.message });
        }
      }
      await tx.query(
        "INSERT INTO operator_actions (who, what, order_id, detail) SELECT $1, 'resume', $2, * FROM unnest($3::text[])",
        [by, orderId, resumed.map(({ name, step }) => `${name}: ${step}`)],
      );
      return { orderId, resumed: resumed.map(({ name }) => name), notResumed };
    });
  }

  async #change(tx: Tx, transitions: Transition<SomeData, OrderOutcome>[]): Promise<void> {
    for (const round of rounds(transitions.map(statusChangeOf))) await changeStatuses(tx, round, this.#source);
  }
}

function statusChangeOf({ id, saga, outcome, reason, data }: Transition<SomeData, OrderOutcome>): StatusChange {
  if (saga === cancelOrderSaga.name) return { orderId: id, status: outcome, reason: 'customer' };
  const { total, lines } = data as unknown as PlaceOrder;
  return {
    orderId: id,
    status: outcome,
    reason: outcome === 'confirmed' ? undefined : orderReason.parse(reason),
    ...(total && { total, lines: lines as PricedLine[] }),
  };
}

/** One statement changes a row once, so what happened to one order twice in a batch goes into rounds, in its order. */
function* rounds(changes: StatusChange[]): Generator<StatusChange[]> {
  for (let left = changes; left.length > 0; ) {
    const round = new Map<string, StatusChange>();
    for (const change of left) if (!round.has(change.orderId)) round.set(change.orderId, change);
    yield [...round.values()];
    left = left.filter((change) => round.get(change.orderId) !== change);
  }
}
