import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endOf } from './order-model.kit.ts';
import { type Crash, OrderWorld } from './order-world.kit.ts';
import type { Choice } from './participants.kit.ts';

const numRuns = process.env.RINGSHOP_TEST_SIZE === 'full' ? 100_000 : 10_000;
/** A failed run is repeated with what fast-check said of it: RINGSHOP_TEST_SEED="<seed> <path>". */
const [seed, path] = process.env.RINGSHOP_TEST_SEED?.split(' ') ?? [];
const replay = seed === undefined ? {} : { seed: Number(seed), ...(path !== undefined && { path }) };

const crash = fc.constantFrom<Crash>('never', 'never', 'never', 'never', 'before the commit', 'after the commit');
const which = fc.nat(20);
const aheadMs = fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 24 * 3_600_000);

const events = {
  command: fc.record({
    kind: fc.constant('command' as const),
    which,
    again: fc.boolean(),
    choice: fc.constantFrom<Choice>('yes', 'yes', 'yes', 'no', 'not now'),
    heldMs: fc.constantFrom(900_000, 900_000, 900_000, 1_000),
  }),
  reply: fc.record({ kind: fc.constant('reply' as const), which, again: fc.boolean(), crash, aheadMs }),
  silence: fc.record({ kind: fc.constant('silence' as const), crash, afterwardsMs: fc.constantFrom(0, 0, 70_000) }),
  cancel: fc.record({ kind: fc.constant('cancel' as const), crash }),
  resume: fc.record({ kind: fc.constant('resume' as const), crash }),
  throwAway: fc.constant({ kind: 'throw away expired' as const }),
  expire: fc.record({ kind: fc.constant('reservation expires' as const), soldOut: fc.boolean() }),
};
const event = fc.oneof(
  { weight: 6, arbitrary: events.command },
  { weight: 6, arbitrary: events.reply },
  { weight: 1, arbitrary: events.silence },
  { weight: 1, arbitrary: events.cancel },
  { weight: 1, arbitrary: events.resume },
  { weight: 1, arbitrary: events.throwAway },
  { weight: 1, arbitrary: events.expire },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function happen(world: OrderWorld, what: Event): void {
  if (what.kind === 'command') world.command(what.which, what.again, what.choice, what.heldMs);
  else if (what.kind === 'reply') world.reply(what.which, what.again, what.crash, what.aheadMs);
  else if (what.kind === 'silence') world.silence(what.crash, what.afterwardsMs);
  else if (what.kind === 'cancel') world.cancel(what.crash);
  else if (what.kind === 'resume') world.resume(what.crash);
  else if (what.kind === 'throw away expired') world.throwAwayExpired();
  else world.participants.expire(what.soldOut);
}

/** All that an order can come to. */
const allEnds = [
  'pending cancelled, customer',
  'pending confirmed',
  'pending confirmed cancelled, stock-lost',
  'pending confirmed cancelling cancelled, customer, refunded',
  'pending confirmed cancelling cancelled, customer, voided',
  'pending confirmed cancelling cancelled, stock-lost, voided',
  'pending rejected, out-of-stock',
  'pending rejected, payment-declined',
  'pending rejected, stock-unavailable',
  'pending rejected, timed-out',
];

it('acceptance 14: whatever is late, doubled, disordered, cancelled, crashed or by a wrong clock, the order ends as it may', () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(fc.nat(9), fc.array(event, { maxLength: 60, size: 'max' }), (goodMoves, happened) => {
      const world = new OrderWorld();
      // Else few orders would live to see what can go wrong with them after they were confirmed.
      for (let moves = 0; moves < goodMoves; moves++) world.goodMove();
      for (const what of happened) happen(world, what);
      const end = endOf(world.settle());
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }),
    { numRuns, ...replay },
  );
  // A run that never got to one of the ends has proved nothing about it.
  if (seed === undefined) expect([...ends.keys()].sort()).toEqual(allEnds);
});
