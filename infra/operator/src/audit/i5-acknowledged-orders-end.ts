import type { Invariant, Violation } from './evidence.ts';

/** An acknowledged order is one that a client was answered 2xx for: it may be parked, but it may not be missing. */
export const acknowledgedOrdersEnd: Invariant = {
  id: 'I5',
  title: 'every acknowledged order exists and has ended in time, or is listed as parked',
  async check({ settled, unsettled, acknowledged }) {
    const known = new Set([...settled.map(({ orderId }) => orderId), ...unsettled]);
    const violations: Violation[] = [
      ...unsettled.map((subject) => ({ subject, problem: 'accepted, but neither ended in time nor parked' })),
      ...acknowledged
        .filter((orderId) => !known.has(orderId))
        .map((subject) => ({ subject, problem: 'acknowledged, but on no shard' })),
    ];
    return { checked: new Set([...known, ...acknowledged]).size, violations };
  },
};
