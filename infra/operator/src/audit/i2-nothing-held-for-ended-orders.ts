import type { Invariant, Violation } from './evidence.ts';

/** A confirmed order's units stay held until its commit; a parked one may still wait for that. */
export const nothingHeldForEndedOrders: Invariant = {
  id: 'I2',
  title: 'no stock is held for an order that has ended',
  async check({ databases, settled }) {
    const rows = await databases.inventory.rows<{ orderId: string }>(
      `SELECT order_id AS "orderId" FROM reservations WHERE state = 'HELD'`,
    );
    const held = new Set(rows.map(({ orderId }) => orderId));
    const ended = settled.filter(({ parked }) => !parked);
    const violations: Violation[] = ended
      .filter(({ orderId }) => held.has(orderId))
      .map(({ orderId, status }) => ({ subject: orderId, problem: `${status}, but its reservation is still HELD` }));
    return { checked: ended.length, violations };
  },
};
