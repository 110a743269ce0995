import { cloudEventOf, type OrderReason, type OrderStatus } from '@ringshop/contracts';
import type { Incoming, Outgoing } from '@ringshop/messaging';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Placing } from '../orders/placing.ts';
import { endOf } from '../place-order/order-model.kit.ts';
import { type Crash, confirmMarginMs } from '../place-order/order-world.kit.ts';
import { type Answer, type Choice, Participants } from '../place-order/participants.kit.ts';
import { type TestShard, testShard } from '../shard.kit.ts';
import { aPlacing, TestReplica } from './replicas.kit.ts';

const numRuns = process.env.RINGSHOP_TEST_SIZE === 'full' ? 1_000 : 30;
const ordersPerRun = 5;

let shard: TestShard;
beforeAll(async () => {
  shard = await testShard();
});
afterAll(() => shard.stop());

interface Change {
  status: OrderStatus;
  reason?: OrderReason;
  version: number;
}

/** One order as its customer, its participants and the readers of its events see it. */
class TestOrder {
  readonly placing: Placing = aPlacing();
  readonly participants = new Participants();
  readonly changes = new Map<number, Change>();
  accepted: OrderStatus | null = null;

  /** Events may come twice, and a version tells one thing only. */
  hear(change: Change): void {
    const known = this.changes.get(change.version);
    if (known) expect(change).toEqual(known);
    this.changes.set(change.version, change);
  }

  end(late: boolean): string {
    const changes = [...this.changes.values()].sort((a, b) => a.version - b.version);
    expect(changes.map(({ version }) => version)).toEqual(changes.map((_, index) => index + 2));
    const statuses: OrderStatus[] = ['pending', ...changes.map(({ status }) => status)];
    // Whoever was told `cancelled` at once had asked before, and got no answer.
    const before = statuses.includes('confirmed') ? 'confirmed' : 'pending';
    const cancelledWhile = this.accepted === null ? null : this.accepted === 'pending' ? 'pending' : before;
    const { participants } = this;
    return endOf({ statuses, reason: changes.at(-1)?.reason ?? null, cancelledWhile, late, participants });
  }
}

/** Some orders of one shard, two replicas of it, and the messages under way between them and the participants. */
class TestShop {
  readonly orders = new Map<string, TestOrder>();
  commands: { orderId: string; name: string }[] = [];
  replies: { orderId: string; answer: Answer }[] = [];
  late = false;
  readonly replicas = [0, 1].map(() => new TestReplica(shard.database.pool, (sent) => this.#deliver(sent)));

  async open(): Promise<void> {
    await shard.database.pool.query('TRUNCATE orders, sagas, idempotency_keys');
    for (let n = 0; n < ordersPerRun; n++) {
      const order = new TestOrder();
      this.orders.set(order.placing.orderId, order);
    }
    await Promise.all([...this.orders.values()].map(({ placing }, n) => this.replicas[n % 2]!.place(placing)));
  }

  command(count: number, which: number, again: boolean, choice: Choice, heldMs: number): void {
    const some = takeSome(this.commands, count, which, again);
    if (heldMs < confirmMarginMs) this.late = true;
    for (const { orderId, name } of some) {
      const answer = this.orders.get(orderId)!.participants.handle({ name }, choice, Date.now() + heldMs);
      this.replies.push({ orderId, answer });
    }
  }

  /** A whole batch is one transaction; one that was not acknowledged is delivered again. */
  async reply(replica: TestReplica, count: number, which: number, again: boolean, crash: Crash): Promise<void> {
    const some = takeSome(this.replies, count, which, again);
    if (some.length === 0) return;
    const acknowledged = await replica.handleReplies(some.map(incoming), crash);
    if (!acknowledged) this.replies.push(...some);
  }

  async sweep(replica: TestReplica, crash: Crash): Promise<void> {
    this.late = true;
    await replica.sweep(crash);
  }

  async cancel(replica: TestReplica, which: number, crash: Crash): Promise<void> {
    const order = [...this.orders.values()][which % ordersPerRun]!;
    const status = await replica.cancel(order.placing, crash);
    order.accepted ??= status;
  }

  expire(which: number, soldOut: boolean): void {
    [...this.orders.values()][which % ordersPerRun]!.participants.expire(soldOut);
  }

  async goodMove(): Promise<void> {
    this.command(this.commands.length, 0, false, 'yes', 900_000);
    await this.reply(this.replicas[0]!, this.replies.length, 0, false, 'never');
  }

  /** No more faults, until nothing is under way. */
  async settle(): Promise<string[]> {
    for (let moves = 0; moves < 200; moves++) {
      if (this.commands.length + this.replies.length > 0) await this.goodMove();
      else if (await this.#open()) await this.sweep(this.replicas[1]!, 'never');
      else return [...this.orders.values()].map((order) => order.end(this.late));
    }
    throw new Error('never ends');
  }

  async #open(): Promise<boolean> {
    const { rows } = await shard.database.pool.query('SELECT FROM sagas WHERE NOT done LIMIT 1');
    return rows.length > 0;
  }

  #deliver(sent: Outgoing[]): void {
    for (const { topic, event } of sent) {
      const name = event.type.split('.')[1]!;
      if (topic === 'order.events') this.orders.get(event.subject)!.hear(changeOf(event.data as Change));
      else this.commands.push({ orderId: event.subject, name });
    }
  }
}

const changeOf = ({ status, reason, version }: Change): Change => ({ status, version, ...(reason && { reason }) });

const incoming = ({ orderId, answer: { name, data } }: TestShop['replies'][number]): Incoming => ({
  name,
  event: cloudEventOf({ name, source: '/test', subject: orderId, data }),
  topic: 'order.replies.order-1',
  partition: 0,
  offset: '0',
  attempt: 1,
});

/** Some of what is under way, from anywhere; `again` leaves copies behind. */
function takeSome<T>(all: T[], count: number, which: number, again: boolean): T[] {
  const from = all.length === 0 ? 0 : which % all.length;
  return again ? all.slice(from, from + count) : all.splice(from, count);
}

const crash = fc.constantFrom<Crash>('never', 'never', 'never', 'before the commit', 'after the commit');
const [which, count, again] = [fc.nat(50), fc.integer({ min: 1, max: 6 }), fc.boolean()];
const choice = fc.constantFrom<Choice>('yes', 'yes', 'yes', 'yes', 'no', 'not now');
const heldMs = fc.constantFrom(900_000, 900_000, 900_000, 1_000);
type Move = (shop: TestShop, replica: TestReplica) => Promise<void> | void;
const named = (name: string, args: unknown[], move: Move): Move =>
  Object.assign(move, { [fc.toStringMethod]: () => `${name}(${args.join(', ')})` });

const moves = {
  commands: fc
    .tuple(count, which, again, choice, heldMs)
    .map((args) => named('commands', args, (shop) => shop.command(...args))),
  replies: fc
    .tuple(count, which, again, crash)
    .map((args) => named('replies', args, (shop, replica) => shop.reply(replica, ...args))),
  sweep: crash.map((how) => named('sweep', [how], (shop, replica) => shop.sweep(replica, how))),
  cancel: fc.tuple(which, crash).map((args) => named('cancel', args, (shop, replica) => shop.cancel(replica, ...args))),
  expire: fc.tuple(which, fc.boolean()).map((args) => named('expire', args, (shop) => shop.expire(...args))),
};
const move = fc.oneof(
  { weight: 5, arbitrary: moves.commands },
  { weight: 5, arbitrary: moves.replies },
  { weight: 1, arbitrary: moves.sweep },
  { weight: 2, arbitrary: moves.cancel },
  { weight: 1, arbitrary: moves.expire },
);

it(
  'acceptance 14: two replicas on one database, which crash around their commits, end every order as it may',
  async () => {
    const ends = new Set<string>();
    const crashes = new Set<Crash>();
    // What the two do at once is decided by the database, so a run that failed may not fail again; its model does not care.
    const together = fc.array(fc.tuple(move, move), { maxLength: 20, size: 'max' });
    await fc.assert(
      fc.asyncProperty(fc.nat(4), together, async (goodMoves, pairs) => {
        const shop = new TestShop();
        await shop.open();
        for (let moved = 0; moved < goodMoves; moved++) await shop.goodMove();
        for (const pair of pairs) await Promise.all(pair.map((one, n) => one(shop, shop.replicas[n]!)));
        for (const end of await shop.settle()) ends.add(end);
        for (const died of shop.replicas.flatMap(({ crashes: its }) => its)) crashes.add(died);
      }),
      { numRuns },
    );
    expect(crashes).toEqual(new Set(['before the commit', 'after the commit']));
    expect([...ends]).toEqual(
      expect.arrayContaining([
        'pending confirmed',
        'pending cancelled, customer',
        'pending rejected, timed-out',
        'pending confirmed cancelling cancelled, customer, refunded',
        'pending confirmed cancelling cancelled, customer, voided',
      ]),
    );
  },
  60_000 + numRuns * 1_000,
);
