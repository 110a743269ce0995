import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstMap, join, leave, loadsOf, type PlacementMap } from './ring.ts';
import { slotCount, slotOf } from './slot.ts';
import vectors from './vectors.json' with { type: 'json' };

const named = (count: number) => Array.from({ length: count }, (_, index) => `order-${index + 1}`);
const moved = (before: PlacementMap, after: PlacementMap) =>
  before.slots.flatMap((from, slot) => (from === after.slots[slot] ? [] : [{ from, to: after.slots[slot]! }]));
const fingerprint = (map: PlacementMap) => createHash('sha256').update(map.slots.join()).digest('hex');

describe('a placement map', { timeout: 60_000 }, () => {
  it('spreads a million customers over 16 shards with max/mean of at most 1.05', () => {
    const map = firstMap(named(16));
    const customers = new Map(map.members.map((member) => [member, 0]));
    for (let n = 0; n < 1_000_000; n += 1) {
      const owner = map.slots[slotOf(`customer ${n}`)]!;
      customers.set(owner, customers.get(owner)! + 1);
    }
    expect(Math.max(...customers.values()) / (1_000_000 / 16)).toBeLessThanOrEqual(1.05);
  });

  it.each([1, 2, 3, 7, 16, 31])('moves 1/(N+1) of the slots to one who joins %i', (count) => {
    const before = firstMap(named(count));
    const moves = moved(before, join(before, 'joiner'));
    expect(moves.length / slotCount / (1 / (count + 1))).toBeGreaterThan(0.9);
    expect(moves.length / slotCount / (1 / (count + 1))).toBeLessThanOrEqual(1.1);
    expect(new Set(moves.map(({ to }) => to))).toEqual(new Set(['joiner']));
  });

  it('is under its cap at first, whatever the names', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 }), (members) => {
        const { slots, ...rest } = firstMap(members);
        const loads = loadsOf({ slots, ...rest });
        expect(slots).toHaveLength(slotCount);
        expect(Math.max(...loads.values())).toBeLessThanOrEqual(Math.ceil((1.02 * slotCount) / members.length));
        expect([...loads.values()].reduce((a, b) => a + b)).toBe(slotCount);
      }),
      { numRuns: 25 },
    );
  });

  it('does not depend on the order in which the first members are named', () => {
    const members = fc.shuffledSubarray(named(12), { minLength: 12 });
    fc.assert(
      fc.property(members, (shuffled) => {
        expect(firstMap(shuffled)).toEqual(firstMap(named(12)));
      }),
      { numRuns: 10 },
    );
  });

  it('breaks a tie on one point of the circle by name', () => {
    const samePoint = () => 7;
    expect(firstMap(['b', 'a'], samePoint)).toEqual(firstMap(['a', 'b'], samePoint));
    expect(firstMap(['b', 'a'], samePoint).slots[0]).toBe('a');
  });

  it('never moves a slot between members that stay, gives a joiner its exact share, and stays balanced', () => {
    const steps = fc.array(fc.record({ joins: fc.boolean(), who: fc.nat(11) }), { maxLength: 8 });
    fc.assert(
      fc.property(steps, (history) => {
        let map = firstMap(named(3));
        for (const { joins, who } of history) {
          const member = named(12)[who]!;
          if (map.members.includes(member) === joins || (!joins && map.members.length === 1)) continue;
          const next = joins ? join(map, member) : leave(map, member);
          const moves = moved(map, next);
          if (joins) expect(moves).toHaveLength(Math.floor(slotCount / next.members.length));
          expect(moves.every(({ from, to }) => (joins ? to === member : from === member))).toBe(true);
          const most = Math.max(...loadsOf(next).values());
          expect(most).toBeLessThanOrEqual(Math.ceil((1.02 * slotCount) / next.members.length));
          expect(next.epoch).toBe(map.epoch + 1);
          map = next;
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is the same for the same history: the vectors', () => {
    const two = firstMap(['order-1', 'order-2']);
    const three = join(two, 'order-3');
    const history = [two, three, leave(three, 'order-1')];
    for (const [index, map] of history.entries()) {
      const { epoch, members, slots, sha256OfSlots } = vectors.maps[index]!;
      expect(map).toMatchObject({ epoch, members });
      for (const [slot, owner] of Object.entries(slots)) expect(map.slots[Number(slot)]).toBe(owner);
      expect(fingerprint(map)).toBe(sha256OfSlots);
    }
  });

  it('refuses what makes no sense', () => {
    const map = firstMap(['order-1']);
    expect(() => firstMap([])).toThrow('needs a member');
    expect(() => firstMap(['a', 'a'])).toThrow('named twice');
    expect(() => join(map, 'order-1')).toThrow('member already');
    expect(() => leave(map, 'order-2')).toThrow('no member');
    expect(() => leave(map, 'order-1')).toThrow('last member');
  });
});
