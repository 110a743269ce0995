import type { OrderReason, OrderStatus } from '@ringshop/contracts';
import { advance, type Input, type Instance, newInstance, type Send } from '@ringshop/saga';
import { type CancelOrder, cancelOrderSaga } from '../cancel-order/cancel-order.saga.ts';
import { policy } from '../reply-table.kit.ts';
import type { Seen } from './order-model.kit.ts';
import { type Answer, type Choice, Participants } from './participants.kit.ts';
import { type OrderOutcome, type PlaceOrder, placeOrderSaga } from './place-order.saga.ts';

export const confirmMarginMs = 5_000;
const placeOrder = placeOrderSaga({ confirmMarginMs });

/** Where a replica dies while it handles something; what was not committed did not happen, and comes again. */
export type Crash = 'never' | 'before the commit' | 'after the commit';

/** What the shard's database holds of the order. */
interface Rows {
  placing: Instance<PlaceOrder>;
  cancelling?: Instance<CancelOrder>;
  statuses: OrderStatus[];
  reason: OrderReason | null;
}

/** One order, the messages about it that are under way, and everybody who handles them. */
export class OrderWorld {
  now = 1_800_000_000_000;
  commands: Send[] = [];
  replies: Answer[] = [];
  readonly participants = new Participants();
  #rows: Rows;
  #published: Send[] = [];
  #cancelledWhile: OrderStatus | null = null;
  #late = false;

  constructor() {
    const placing = newInstance(placeOrder, 'order', { lines: [], token: 'sealed' }, this.now);
    this.#rows = { placing, statuses: ['pending'], reason: null };
    this.#transaction('never', () => this.#advance('placing', { kind: 'start' }));
  }

  /** Hands over any of the commands under way; `again` leaves a copy behind to be delivered once more. */
  command(which: number, again: boolean, choice: Choice, heldMs: number): void {
    const index = which % this.commands.length;
    const command = this.commands[index];
    if (!command) return;
    if (!again) this.commands.splice(index, 1);
    if (heldMs < confirmMarginMs) this.#late = true;
    this.replies.push(this.participants.handle(command, choice, this.now + heldMs));
  }

  /** What has expired may be thrown away unanswered. */
  throwAwayExpired(): void {
    this.commands = this.commands.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > this.now);
  }

  /** @param aheadMs how far the clock of the replica that handles it is ahead */
  reply(which: number, again: boolean, crash: Crash, aheadMs = 0): void {
    const index = which % this.replies.length;
    const reply = this.replies[index];
    if (!reply) return;
    const saga = cancelOrderSaga.ownerOf.has(reply.name) ? 'cancelling' : 'placing';
    if (aheadMs > 0) this.#late = true;
    this.#transaction(crash, () => this.#advance(saga, { kind: 'reply', ...reply }, aheadMs));
    if (crash === 'never' && !again) this.replies.splice(index, 1);
  }

  /** Time passes until the next deadline, or longer, and a sweep claims all that are due. */
  silence(crash: Crash, afterwardsMs = 0): void {
    const deadlines = [this.#rows.placing, this.#rows.cancelling].flatMap((saga) => saga?.deadline ?? []);
    if (deadlines.length === 0) return;
    // Never longer than any wait: a saga whose deadline a wrong clock has set must not sleep until then.
    this.now = Math.min(Math.max(this.now, Math.min(...deadlines)), this.now + 2 * policy.retryParkedMs) + afterwardsMs;
    this.#late = true;
    this.#transaction(crash, () => this.#each({ kind: 'silence' }));
  }

  resume(crash: Crash): void {
    this.#transaction(crash, () => this.#each({ kind: 'resume', by: 'an operator' }));
  }

  /** As `OrderSagas.cancel` decides it; a rejected order stays what it is. */
  cancel(crash: Crash): void {
    const { placing, statuses } = this.#rows;
    const status = statuses.at(-1)!;
    if (status !== 'pending' && status !== 'confirmed') return;
    const committed = this.#transaction(crash, () => {
      if (status === 'pending') return this.#advance('placing', { kind: 'call-off', reason: 'customer' });
      this.#become('cancelling', 'customer');
      if (placing.state !== 'acting' && placing.state !== 'completed') return;
      const total = { amount: 999, currency: 'EUR' } as const;
      this.#rows = { ...this.#rows, cancelling: newInstance(cancelOrderSaga, 'order', { total }, this.now) };
      this.#advance('cancelling', { kind: 'start' });
    });
    if (committed) this.#cancelledWhile ??= status;
  }

  /** What comes next on a day without faults. */
  goodMove(): void {
    if (this.commands.length > 0) this.command(0, false, 'yes', 900_000);
    else if (this.replies.length > 0) this.reply(0, false, 'never');
    else this.silence('never');
  }

  /** No more faults: everything arrives once, until nothing is under way. */
  settle(): Seen {
    for (let moves = 0; !this.#quiet(); moves++) {
      if (moves > 500) throw new Error(`never ends: ${JSON.stringify(this.#rows)}`);
      this.goodMove();
    }
    const { statuses, reason, placing, cancelling } = this.#rows;
    if (JSON.stringify([placing, cancelling]).includes('sealed')) throw new Error('a secret is left');
    return {
      statuses,
      reason,
      cancelledWhile: this.#cancelledWhile,
      late: this.#late,
      participants: this.participants,
    };
  }

  #quiet(): boolean {
    const { placing, cancelling } = this.#rows;
    return placing.done && (cancelling?.done ?? true) && this.commands.length + this.replies.length === 0;
  }

  #transaction(crash: Crash, work: () => void): boolean {
    const before = this.#rows;
    this.#published = [];
    work();
    if (crash === 'before the commit') this.#rows = before;
    else this.commands.push(...this.#published);
    // Whoever comes after the dead replica finds its messages in the outbox, and cannot know that they were sent.
    if (crash === 'after the commit') this.commands.push(...this.#published);
    return crash !== 'before the commit';
  }

  #each(input: Input): void {
    this.#advance('placing', input);
    if (this.#rows.cancelling) this.#advance('cancelling', input);
  }

  #advance(which: 'placing' | 'cancelling', input: Input, aheadMs = 0): void {
    const now = this.now + aheadMs;
    const next =
      which === 'placing'
        ? advance(placeOrder, this.#rows.placing, input, now, policy)
        : advance(cancelOrderSaga, this.#rows.cancelling!, input, now, policy);
    this.#rows = { ...this.#rows, [which]: next.instance };
    this.#published.push(...next.send);
    for (const { outcome, reason } of next.transitions)
      this.#become(outcome, which === 'placing' ? reason : 'customer');
  }

  /** The status machine as `changeStatuses` keeps it. */
  #become(status: OrderStatus | OrderOutcome, reason: string | null): void {
    const { statuses } = this.#rows;
    if (status === 'cancelled' && statuses.at(-1) === 'cancelled') return;
    this.#rows = { ...this.#rows, statuses: [...statuses, status], reason: reason as OrderReason | null };
  }
}
