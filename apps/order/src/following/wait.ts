import { isTerminal, type Order } from '../orders/order.ts';
import type { OrderWatch } from './order-watch.ts';

const longestWait = 10;

/** Seconds of `Prefer: wait=N`, at most 10; 0 when the client does not want to wait (RFC 7240). */
export function waitSeconds(prefer: string | undefined): number {
  const wanted = prefer?.match(/(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})/i)?.[1];
  return wanted ? Math.min(Number(wanted), longestWait) : 0;
}

/**
 * The order once it is terminal, or as it is when `waitMs` are over or the service stops.
 * It watches first and reads then: a change that commits in between is seen by one or the other. When `read` answers
 * with another order, there is nothing to wait for here.
 */
export async function untilTerminal(
  watch: OrderWatch,
  orderId: string,
  waitMs: number,
  read: () => Promise<Order>,
): Promise<Order> {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  let latest: Order | undefined;
  const changed = (order: Order) => {
    latest = order;
    if (isTerminal(order)) end();
  };
  const unwatch = watch.watch(orderId, { changed, closed: end });
  const timer = setTimeout(end, waitMs);
  try {
    const order = await read();
    if (unwatch && order.orderId === orderId && !isTerminal(order)) await over;
    return latest ?? order;
  } finally {
    clearTimeout(timer);
    unwatch?.();
  }
}
