import { randomUUID } from 'node:crypto';
import { firstMap, loadsOf, newOrderId, slotCount, slotOf, slotOfOrder } from '@ringshop/placement';
import { median } from '../statistics.ts';

export interface RingLookup {
  /** From an order's id to its shard. */
  orderNs: number;
  /** From a customer's id, which is hashed for that; a gateway does it once for each token. */
  customerNs: number;
  /** The fullest of 16 shards against the mean. */
  maxOverMean: number;
}

const shards = 16;
const rounds = 9;
const passes = 30;

/** What the ring costs, and how even it is. Touches nothing. */
export function ringLookup(): RingLookup {
  const map = firstMap(Array.from({ length: shards }, (_, index) => `order-${index + 1}`));
  const customers = Array.from({ length: 10_000 }, () => randomUUID());
  const orders = customers.map((customer) => newOrderId(slotOf(customer)));
  const loads = [...loadsOf(map).values()];
  return {
    orderNs: nsOf(orders, (id) => map.slots[slotOfOrder(id)]!),
    customerNs: nsOf(customers, (id) => map.slots[slotOf(id)]!),
    maxOverMean: Math.max(...loads) / (slotCount / shards),
  };
}

function nsOf(ids: string[], lookUp: (id: string) => string): number {
  const measured = Array.from({ length: rounds }, () => {
    const began = performance.now();
    let found = 0;
    for (let pass = 0; pass < passes; pass++) for (const id of ids) found += lookUp(id).length;
    const ms = performance.now() - began;
    // What is used for nothing may be left out by the compiler.
    if (found === 0) throw new Error('no shard has a name');
    return (ms * 1e6) / (passes * ids.length);
  });
  // The first rounds are the compiler's.
  return median(measured.slice(2));
}
