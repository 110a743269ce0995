import { hash } from 'node:crypto';

/** Customers are spread over this many slots, and slots over shards. Fixed for ever: 12 bits of every order id hold one. */
export const slotCount = 4096;

/**
 * The slot of a customer: the first four bytes of SHA-256 over the lower-case UTF-8 id, big-endian, mod 4096.
 * Fixed for ever, because orders are where this once put them. Vectors: `vectors.json`.
 */
export function slotOf(customerId: string): number {
  // 4096 divides 2^32, so the remainder is the low 12 bits. A string of a character a byte is a fifth faster than hex.
  const bytes = hash('sha256', customerId.toLowerCase(), 'binary');
  return ((bytes.charCodeAt(2) & 0x0f) << 8) | bytes.charCodeAt(3);
}
