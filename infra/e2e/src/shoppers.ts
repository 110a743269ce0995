import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Customer, Placing } from './customer.ts';
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
    while (this.#open) await this.#placeOne(customer);
  }

  async #placeOne(customer: Customer): Promise<void> {
    const answer = await placeUntilAcknowledged(customer, { ...this.placing(), wait: 1 }, (ms, again) => {
      this.slowestMs = Math.max(this.slowestMs, ms);
      if (again) this.repeats++;
    });
    if (answer.body.status === 'confirmed') this.confirmed++;
  }
}

/** Nothing is wrong with what was asked: the same may be asked again in a moment. */
export const saysComeBack = ({ status }: Answer): boolean => [409, 429, 502, 503, 504].includes(status);

/**
 * Repeats the same order under the same key while there is no answer, or one that says to come back.
 * @param called is told of each call: how long it waited for its answer, ms, and whether it will be repeated
 */
export async function placeUntilAcknowledged(
  customer: Customer,
  placing: Placing,
  called: (ms: number, again: boolean) => void = () => undefined,
): Promise<Answer> {
  const order = { ...placing, key: randomUUID() };
  for (;;) {
    const askedAt = performance.now();
    const answer = await customer.place(order).catch(() => undefined);
    const acknowledged = answer !== undefined && answer.status < 300;
    called(performance.now() - askedAt, !acknowledged);
    if (acknowledged) return answer;
    if (answer && !saysComeBack(answer))
      throw new Error(`unexpected answer ${answer.status} ${JSON.stringify(answer.body)}`);
    await pause(50);
  }
}
