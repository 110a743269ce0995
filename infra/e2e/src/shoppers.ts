import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Customer, Placing } from './customer.ts';
import type { Shop } from './shop.ts';

/**
 * Customers who keep placing orders while something is broken on purpose. One that gets no answer, or is told to come back,
 * repeats the same order under the same key until it is acknowledged: whatever the fault, an order must be placed once.
 */
export class Shoppers {
  /** Times that an order had to be repeated: proof that the fault was felt. */
  repeats = 0;
  /** Orders that were confirmed before their answer. */
  confirmed = 0;
  /** The longest that a call waited for its answer, ms. */
  slowestMs = 0;
  #open = true;
  #running: Promise<unknown>;

  private constructor(
    customers: Customer[],
    private readonly placing: () => Placing,
  ) {
    this.#running = Promise.all(customers.map((customer) => this.#shop(customer)));
  }

  static async enter(shop: Shop, count: number, placing: () => Placing = () => ({})): Promise<Shoppers> {
    return new Shoppers(await Promise.all(Array.from({ length: count }, () => shop.customer())), placing);
  }

  /** Everybody finishes the order at hand and goes home. */
  async leave(): Promise<void> {
    this.#open = false;
    await this.#running;
  }

  async #shop(customer: Customer): Promise<void> {
    while (this.#open) await this.#placeUntilAcknowledged(customer);
  }

  async #placeUntilAcknowledged(customer: Customer): Promise<void> {
    const order = { ...this.placing(), key: randomUUID(), wait: 1 };
    for (;;) {
      const askedAt = performance.now();
      const answer = await customer.place(order).catch(() => undefined);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - askedAt);
      if (answer?.body.status === 'confirmed') this.confirmed++;
      if (answer && answer.status < 300) return;
      if (answer && ![409, 502, 503, 504].includes(answer.status))
        throw new Error(`unexpected answer ${answer.status} ${JSON.stringify(answer.body)}`);
      this.repeats++;
      await pause(50);
    }
  }
}
