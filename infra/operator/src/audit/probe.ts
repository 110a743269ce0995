import { randomBytes, randomUUID } from 'node:crypto';
import { Customer, type Placing } from '../customer.ts';
import type { SystemUrls } from '../system.ts';

/** An order placed by the audit itself, and words that only this order's secrets contain. */
export interface Probe {
  owner: Customer;
  stranger: Customer;
  order: Placing;
  key: string;
  orderId: string;
  /** Planted in the name, the address and the payment token. */
  words: string[];
  startedAt: number;
}

/**
 * Its card is declined, so it goes the whole way to the payment provider and back, and leaves stock and money as they
 * were. It takes one unit of a well-stocked SKU for some milliseconds.
 */
export async function placeProbe(system: SystemUrls): Promise<Probe> {
  const startedAt = Date.now();
  const [owner, stranger] = await Promise.all([Customer.signIn(system), Customer.signIn(system)]);
  const words = ['name', 'street', 'token'].map((field) => `canary${field}${randomBytes(9).toString('hex')}`);
  const [name, street, token] = words as [string, string, string];
  const order = {
    lines: [{ sku: 'SKU-0001', quantity: 1 }],
    payment: { token: `tok_decline.${token}` },
    shipTo: { name, address: `1 ${street} Street` },
  };
  const key = randomUUID();
  const answer = await owner.place(order, key, 5);
  if (!answer.ok) throw new Error(`the probe order was answered with ${answer.status}: ${await answer.text()}`);
  const { orderId } = (await answer.json()) as { orderId: string };
  return { owner, stranger, order, key, orderId, words, startedAt };
}
