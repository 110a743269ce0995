import { askAsOperator } from './operator-call.ts';
import type { SystemUrls } from './system.ts';

/** How many units are available from now on: the difference is booked as a restock or a write-off, on record. */
export async function setStock(
  system: SystemUrls,
  sku: string,
  quantity: number,
  operatorId?: string,
): Promise<{ before: number; after: number }> {
  const path = `/v1/stock/${encodeURIComponent(sku)}`;
  return askAsOperator(system, { method: 'PUT', path, body: { quantity }, operatorId });
}
