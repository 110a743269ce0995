import { randomFillSync } from 'node:crypto';
import { slotCount } from './slot.ts';

/** Text that is no order id in its one canonical form; `message` never repeats the text. */
export class InvalidOrderId extends Error {
  override name = 'InvalidOrderId';
}

// Random bytes are drawn 4 KiB at a time: one system call for 512 ids instead of one each.
const random = Buffer.alloc(4096);
let used = random.length;

/**
 * A UUIDv7 (RFC 9562 §5.7) whose 12 bits `rand_a` are the slot, so that any part routes by order id with no look-up.
 * The 62 bits `rand_b` are random: two ids of one slot and one millisecond collide once in 4.6e18. With a `batch` the last
 * eight are not, and they collide once in 1.8e16. Ids sort by time; within a millisecond in no particular order.
 *
 * @param batch 0…255, the last byte: orders that leave together have the same, so that their messages can share a partition
 */
export function newOrderId(slot: number, now: number = Date.now(), batch?: number): string {
  if (!Number.isInteger(slot) || slot < 0 || slot >= slotCount) throw new RangeError(`slot ${slot} is none of 0…4095`);
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const time = now.toString(16).padStart(12, '0');
  const variant = ((random[used]! & 0x3f) | 0x80).toString(16);
  if (batch !== undefined) random[used + 7] = batch;
  const rest = random.toString('hex', used + 1, used + 8);
  used += 8;
  const randA = slot.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randA}-${variant}${rest.slice(0, 2)}-${rest.slice(2)}`;
}

// Lower case only: one order has one text, which is its Kafka key and its subject too.
const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const isOrderId = (text: string): boolean => canonical.test(text);

/** @throws InvalidOrderId for anything but a canonical lower-case UUIDv7. */
export function slotOfOrder(orderId: string): number {
  if (!isOrderId(orderId)) throw new InvalidOrderId('an order id is a lower-case UUIDv7');
  return Number.parseInt(orderId.slice(15, 18), 16);
}
