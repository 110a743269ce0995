import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOrderId, newOrderId, slotOfOrder } from './order-id.ts';
import { slotCount, slotOf } from './slot.ts';
import vectors from './vectors.json' with { type: 'json' };

describe('the slot of a customer', () => {
  it.each(vectors.slotOf)('of "$customerId" is $slot for ever', ({ customerId, slot }) => {
    expect(slotOf(customerId)).toBe(slot);
  });

  it('reaches every slot', () => {
    const slots = new Set(Array.from({ length: 100_000 }, () => slotOf(randomUUID())));
    expect(slots.size).toBe(slotCount);
  });
});

describe('an order id', () => {
  const slots = fc.nat(slotCount - 1);
  const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });

  it('carries its slot and its time, as a UUIDv7', () => {
    fc.assert(
      fc.property(slots, times, (slot, now) => {
        const id = newOrderId(slot, now);
        expect(slotOfOrder(id)).toBe(slot);
        expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(now);
      }),
    );
  });

  it('ends with its batch, where there is one', () => {
    fc.assert(
      fc.property(slots, times, fc.nat(255), (slot, now, batch) => {
        const id = newOrderId(slot, now, batch);
        expect([slotOfOrder(id), Number.parseInt(id.slice(-2), 16)]).toEqual([slot, batch]);
      }),
    );
  });

  it('sorts by time', () => {
    fc.assert(
      fc.property(slots, slots, times, times, (a, b, earlier, later) => {
        fc.pre(earlier < later);
        expect(newOrderId(a, earlier) < newOrderId(b, later)).toBe(true);
      }),
    );
  });

  it('never comes twice, also where the random bytes are drawn anew', () => {
    const ids = new Set(Array.from({ length: 20_000 }, () => newOrderId(1, 1)));
    expect(ids.size).toBe(20_000);
  });

  it.each(vectors.slotOfOrder)('$orderId is of slot $slot', ({ orderId, slot }) => {
    expect(slotOfOrder(orderId)).toBe(slot);
  });

  it.each(vectors.noOrderId)('"%s" is none', (text) => {
    expect(() => slotOfOrder(text)).toThrow(InvalidOrderId);
  });

  it.each([-1, slotCount, 1.5, Number.NaN])('refuses slot %s', (slot) => {
    expect(() => newOrderId(slot)).toThrow(RangeError);
  });
});
