import { type OrderReason, orderReason, orderRepliesTopic, type PricedLine } from '@ringshop/contracts';
import type { Incoming, Outbox, Tx } from '@ringshop/messaging';
import { slotOfOrder } from '@ringshop/placement';
import { type Policy, SagaRunner, type Transition } from '@ringshop/saga';
import { type OrderOutcome, type PlaceOrder, placeOrderSaga } from '../place-order/place-order.saga.ts';
import { lockOwnedSlots, requireOwnedSlots } from '../placement/owned-slots.ts';
import { changeStatuses, type StatusChange } from './change-status.ts';
import type { Placing } from './placing.ts';

export interface OrderSagasOptions {
  outbox: Outbox;
  shard: string;
  policy: Omit<Policy, 'random'>;
  confirmMarginMs: number;
}

/** Where sagas and orders meet: what a saga has come to becomes the order's status, in the saga's own transaction. */
export class OrderSagas {
  readonly #runner: SagaRunner<PlaceOrder, OrderReason, OrderOutcome>;
  readonly #source: string;

  constructor({ outbox, shard, policy, confirmMarginMs }: OrderSagasOptions) {
    this.#source = `/order/${shard}`;
    this.#runner = new SagaRunner({
      definition: placeOrderSaga(confirmMarginMs),
      outbox,
      replyTo: orderRepliesTopic(shard),
      source: this.#source,
      policy,
      beforeWrite: (tx, orderIds) => requireOwnedSlots(tx, orderIds.map(slotOfOrder)),
      mayWrite: async (tx, orderIds) => {
        const owned = await lockOwnedSlots(tx, orderIds.map(slotOfOrder));
        return new Set(orderIds.filter((orderId) => owned.has(slotOfOrder(orderId))));
      },
      onTransitions: (tx, transitions) => this.#change(tx, transitions),
    });
  }

  begin(tx: Tx, placings: Placing[]): Promise<void> {
    const sagas = placings.map(({ orderId, lines, expectedTotal, sealedToken }) => ({
      id: orderId,
      data: { lines, ...(expectedTotal && { expectedTotal }), token: sealedToken },
    }));
    return this.#runner.begin(tx, sagas);
  }

  handleReplies(batch: Incoming[]): Promise<void> {
    return this.#runner.handleReplies(batch);
  }

  sweepDeadlines(): Promise<number> {
    return this.#runner.sweepDeadlines();
  }

  async #change(tx: Tx, transitions: Transition<PlaceOrder, OrderOutcome>[]): Promise<void> {
    for (const round of rounds(transitions.map(statusChangeOf))) await changeStatuses(tx, round, this.#source);
  }
}

function statusChangeOf(transition: Transition<PlaceOrder, OrderOutcome>): StatusChange {
  const { id, outcome, reason, data } = transition;
  const { total, lines } = data;
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
