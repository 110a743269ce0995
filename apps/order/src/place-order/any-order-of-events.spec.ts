import { type Advance, advance, type Input, type Instance, newInstance, type Send } from '@ringshop/saga';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Answer, type Choice, Participants } from './participants.kit.ts';
import { type OrderOutcome, type PlaceOrder, placeOrderSaga } from './place-order.saga.ts';

const definition = placeOrderSaga({ confirmMarginMs: 5_000 });
const policy = {
  stepDeadlineMs: 10_000,
  retryMinMs: 100,
  retryMaxMs: 5_000,
  parkAfterMs: 60_000,
  retryParkedMs: 15_000,
  random: () => 0.5,
};
const numRuns = process.env.RINGSHOP_TEST_SIZE === 'full' ? 10_000 : 2_000;

/** One order, the messages about it that are under way, and everybody who handles them. */
class World {
  now = 1_800_000_000_000;
  commands: Send[] = [];
  replies: Answer[] = [];
  told: OrderOutcome[] = [];
  readonly participants = new Participants();
  saga: Instance<PlaceOrder> = newInstance(definition, 'order', { lines: [], token: 'sealed' }, this.now);

  constructor() {
    this.advance({ kind: 'start' });
  }

  advance(input: Input): void {
    const next: Advance<PlaceOrder, OrderOutcome> = advance(definition, this.saga, input, this.now, policy);
    this.saga = next.instance;
    this.commands.push(...next.send);
    this.told.push(...next.transitions.map(({ outcome }) => outcome));
  }

  /** Hands over any of the commands under way; `again` leaves a copy behind to be delivered once more. */
  command(which: number, again: boolean, choice: Choice, heldMs: number): void {
    const index = which % this.commands.length;
    const command = this.commands[index];
    if (!again) this.commands.splice(index, 1);
    if (command) this.replies.push(this.participants.handle(command, choice, this.now + heldMs));
  }

  /** What has expired may be thrown away unanswered. */
  throwAwayExpired(): void {
    this.commands = this.commands.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > this.now);
  }

  reply(which: number, again: boolean): void {
    const index = which % this.replies.length;
    const reply = this.replies[index];
    if (!again) this.replies.splice(index, 1);
    if (reply) this.advance({ kind: 'reply', ...reply });
  }

  silence(): void {
    this.now = Math.max(this.now, this.saga.deadline ?? 0);
    this.advance({ kind: 'silence' });
  }

  /** No more faults: everything arrives once, and nothing is left under way. */
  settle(): void {
    for (let moves = 0; !this.saga.done || this.commands.length + this.replies.length > 0; moves++) {
      if (moves > 10_000) throw new Error(`never ends: ${JSON.stringify(this.saga)}`);
      if (this.commands.length > 0) this.command(0, false, 'yes', 900_000);
      else if (this.replies.length > 0) this.reply(0, false);
      else this.silence();
    }
  }
}

const event = fc.oneof(
  fc.record({
    kind: fc.constant('command' as const),
    which: fc.nat(20),
    again: fc.boolean(),
    choice: fc.constantFrom<Choice>('yes', 'yes', 'yes', 'no', 'not now'),
    heldMs: fc.constantFrom(900_000, 900_000, 1_000),
  }),
  fc.record({ kind: fc.constant('reply' as const), which: fc.nat(20), again: fc.boolean() }),
  fc.constant({ kind: 'silence' as const }),
  fc.constant({ kind: 'throw away expired' as const }),
  fc.record({ kind: fc.constant('reservation expires' as const), soldOut: fc.boolean() }),
);

type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function happen(world: World, what: Event): void {
  if (what.kind === 'command') world.command(what.which, what.again, what.choice, what.heldMs);
  else if (what.kind === 'reply') world.reply(what.which, what.again);
  else if (what.kind === 'silence') world.silence();
  else if (what.kind === 'throw away expired') world.throwAwayExpired();
  else world.participants.expire(what.soldOut);
}

const legalEnds = {
  completed: { stock: /^committed$/, payment: /^captured$/, told: /^confirmed$/ },
  compensated: {
    stock: /^(none|refused|expired|lost|released)$/,
    payment: /^(none|declined|voided)$/,
    told: /^rejected$/,
  },
  undone: { stock: /^released$/, payment: /^voided$/, told: /^confirmed cancelled$/ },
};

it('whatever is delivered late, twice, in any order, or not in time: the order ends, and money and stock agree', () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const world = new World();
      for (const what of events) happen(world, what);
      world.settle();
      const { state, data } = world.saga;
      const legal = legalEnds[state as keyof typeof legalEnds];
      expect(world.participants.stock).toMatch(legal.stock);
      expect(world.participants.payment).toMatch(legal.payment);
      expect(world.told.join(' ')).toMatch(legal.told);
      expect(data.token).toBeUndefined();
      ends.set(state, (ends.get(state) ?? 0) + 1);
    }),
    { numRuns },
  );
  // A run that never got to one of its ends has proved nothing about it.
  expect([...ends.keys()].sort()).toEqual(['compensated', 'completed', 'undone']);
});
