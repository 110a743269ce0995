import { hash } from 'node:crypto';

/** Customers are spread over this many slots, and slots over shards. Fixed for ever: 12 bits of every order id hold one. */
export const slotCount = 4096;

/**
 * The slot of a customer: the first four bytes of SHA-256 over the lower-case UTF-8 id, big-endian, mod 4096.
 * Fixed for ever, because orders are where this once put them. Vectors: `vectors.json`.
 */
export function slotOf(customerId: string): number {
  // 4096 divides 2^32, so the low 12 bits are the remainder: hex digits 6 to 8. A hex digest beats a Buffer by a third.
  return Number.parseInt(hash('sha256', customerId.toLowerCase(), 'hex').slice(5, 8), 16);
}
