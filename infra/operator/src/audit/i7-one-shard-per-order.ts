import { slotCount, slotOf, slotOfOrder } from '@ringshop/placement';
import type { Evidence, Invariant, SettledOrder, Violation } from './evidence.ts';

/** Orders where the map puts them, and the shards' own word on what they own, which is what keeps writes safe. */
export const oneShardPerOrder: Invariant = {
  id: 'I7',
  title: 'each order lives on exactly one shard, the one that the map names',
  async check(evidence) {
    const { settled, unsettled } = evidence;
    const copies = Map.groupBy(settled, ({ orderId }) => orderId);
    const twice = [...copies]
      .filter(([, orders]) => orders.length > 1)
      .map(([subject, orders]) => ({
        subject,
        problem: `is on ${orders.map(({ shard }) => shard).join(' and on ')}`,
      }));
    const violations = [
      ...twice,
      ...settled.flatMap((order) => misplaced(order, evidence)),
      ...(await slots(evidence)),
    ];
    return { checked: settled.length + unsettled.length, violations };
  },
};

function misplaced({ orderId, customerId, shard }: SettledOrder, { map }: Evidence): Violation[] {
  const slot = slotOf(customerId);
  const problems = [
    slotOfOrder(orderId) !== slot && `carries slot ${slotOfOrder(orderId)}, but its customer's is ${slot}`,
    map.slots[slot] !== shard && `is on ${shard}, but slot ${slot} belongs to ${map.slots[slot]}`,
  ];
  return problems.filter((problem) => problem !== false).map((problem) => ({ subject: orderId, problem }));
}

async function slots({ databases, map }: Evidence): Promise<Violation[]> {
  const perShard = databases.shards.map(async ({ name, database }) => {
    const rows = await database.rows<{ slot: number }>('SELECT slot FROM owned_slots');
    return rows.map(({ slot }) => [slot, name] as const);
  });
  const claims = Map.groupBy((await Promise.all(perShard)).flat(), ([slot]) => slot);
  return Array.from({ length: slotCount }, (_, slot) => {
    const owners = (claims.get(slot) ?? []).map(([, shard]) => shard).join(', ');
    const said = owners || 'no shard';
    return { subject: `slot ${slot}`, problem: `the map says ${map.slots[slot]}, but it is owned by ${said}`, owners };
  })
    .filter(({ owners }, slot) => owners !== map.slots[slot])
    .map(({ subject, problem }) => ({ subject, problem }));
}
