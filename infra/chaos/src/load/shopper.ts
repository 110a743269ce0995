import { randomUUID } from 'node:crypto';
import type { Random } from '../random.ts';
import { type Call, wrongAnswer } from './allowed-answers.ts';
import type { Gateway, Reply, Request } from './gateway.ts';
import type { OrderBook } from './order-book.ts';
import { drawOrder } from './order-kinds.ts';

export interface ShopperOptions {
  gateway: Gateway;
  book: OrderBook;
  random: Random;
  /** Waits; ends early when the run is given up. */
  pause(ms: number): Promise<void>;
  isOver(): boolean;
}

/** A client that hears nothing asks again for so long. */
const persistsMs = 60_000;

/** One customer's visit: an order, repeated under one key until it is acknowledged, and what comes afterwards. */
export class Shopper {
  constructor(
    private readonly options: ShopperOptions,
    private readonly token: string,
    private readonly mayPark: boolean,
  ) {}

  async visit(): Promise<void> {
    const { book, random } = this.options;
    book.counts.asked++;
    const drawn = drawOrder(random, this.mayPark);
    const request = {
      method: 'POST',
      path: '/v1/orders',
      token: this.token,
      key: randomUUID(),
      body: drawn.body,
    } as const;
    const wait = random.chance(0.3) ? random.whole(1, 5) : 0;
    const askedAt = performance.now();
    const reply = await this.#insist('place', { ...request, wait });
    if (!reply) return void book.counts.givenUp++;
    const orderId = String(reply.body.orderId);
    const now = performance.now();
    book.acknowledge({ orderId, kind: drawn.kind, token: drawn.token, askedAt, acknowledgedAt: now });
    if (random.chance(0.12)) await this.#cancel(orderId);
    else if (random.chance(0.1)) await this.#repeat(request, orderId);
    else if (random.chance(0.2)) await this.#look(orderId, drawn.body.lines[0]!.sku);
  }

  /** At a random moment: mostly while the order is under way, sometimes long after it was confirmed. */
  async #cancel(orderId: string): Promise<void> {
    const { book, random, pause } = this.options;
    await pause(random.chance(0.7) ? random.whole(0, 60) : random.whole(0, 4_000));
    book.counts.cancelsAsked++;
    book.orders.get(orderId)!.cancel = 'unknown';
    const path = `/v1/orders/${orderId}/cancel`;
    const reply = await this.#insist('cancel', { method: 'POST', path, token: this.token, key: randomUUID() });
    if (reply?.status === 202) book.cancelAccepted(orderId);
    if (reply?.code === 'not-cancellable') book.orders.get(orderId)!.cancel = 'refused';
  }

  /** The same key is the same order; with another body it is refused. */
  async #repeat(request: Request, orderId: string): Promise<void> {
    const { book, random } = this.options;
    book.counts.repeats++;
    const again = await this.#insist('repeat', request);
    if (again && again.body.orderId !== orderId) book.violate('a repeated key was answered with another order');
    const other = { ...(request.body as object), lines: [{ sku: 'SKU-0001', quantity: 999 }] };
    if (random.chance(0.3)) await this.#insist('other-body', { ...request, body: other });
  }

  /** What was written can be read at once. */
  async #look(orderId: string, sku: string): Promise<void> {
    const { book, random } = this.options;
    book.counts.reads++;
    const read = (path: string, call: Call = 'read') => this.#ask(call, { method: 'GET', path, token: this.token });
    const order = await read(`/v1/orders/${orderId}`);
    if (order?.status === 200 && order.body.orderId !== orderId) book.violate('a read answered another order');
    if (random.chance(0.3)) await read(`/v1/orders/${orderId}/timeline`);
    if (random.chance(0.3)) await read('/v1/orders?limit=5');
    if (random.chance(0.3) && !sku.includes('NEVER')) await read(`/v1/products/${sku}`, 'product');
  }

  /** Asks until the answer says more than "come back later". Undefined when the time is up. */
  async #insist(call: Call, request: Request): Promise<Reply | undefined> {
    const { random, pause, isOver } = this.options;
    const giveUpAt = performance.now() + persistsMs;
    while (performance.now() < giveUpAt && !isOver()) {
      const reply = await this.#ask(call, request);
      const final = reply && reply.status < 500 && reply.status !== 429 && reply.code !== 'idempotency-key-in-use';
      if (final) return wrongAnswer(call, reply) ? undefined : reply;
      await pause(reply?.retryAfter ? 1_000 : random.whole(100, 600));
    }
    return undefined;
  }

  async #ask(call: Call, request: Request): Promise<Reply | undefined> {
    const { book, gateway } = this.options;
    const reply = await gateway.ask(request);
    if (!reply) book.counts.unanswered++;
    const wrong = reply && wrongAnswer(call, reply);
    if (wrong) book.violate(wrong);
    return reply;
  }
}
