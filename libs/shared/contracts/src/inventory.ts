import { z } from 'zod';
import { command } from './message.ts';
import { lines, money, pricedLines } from './money.ts';

export const inventoryCommandsTopic = 'inventory.commands';
const nothing = z.object({});

/** Price and hold every line of an order, or none. Undone by `release-stock`. */
export const reserveStock = command(
  inventoryCommandsTopic,
  'reserve-stock',
  z.object({ lines, expectedTotal: money.optional() }),
  {
    'stock-reserved': z.object({ lines: pricedLines, total: money, heldUntil: z.iso.datetime({ offset: true }) }),
    'out-of-stock': z.object({ skus: z.array(z.string()) }),
    'unknown-sku': z.object({ skus: z.array(z.string()) }),
    'price-changed': z.object({ total: money }),
    'stock-unavailable': nothing,
    /** The reservation was released or had expired before this command came: a tombstone refuses it. */
    'reservation-refused': nothing,
  },
);

/** Give the held units back. Answers the same for an order that never held any, and leaves a tombstone. */
export const releaseStock = command(inventoryCommandsTopic, 'release-stock', nothing, { 'stock-released': nothing });

/** The held units are sold. Retried for ever: after the pivot there is no way back but a refund. */
export const commitStock = command(inventoryCommandsTopic, 'commit-stock', nothing, {
  'stock-committed': nothing,
  'reservation-gone': nothing,
  /** `closed`: the units went back because the order was cancelled, so there is nothing left to sell. */
  'commit-refused': z.object({ reason: z.string() }),
});

/** The units go back for good, held or sold: the order was cancelled. A later commit is refused. Retried for ever. */
export const returnStock = command(inventoryCommandsTopic, 'return-stock', nothing, { 'stock-returned': nothing });
