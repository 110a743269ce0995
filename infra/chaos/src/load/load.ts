import { randomUUID } from 'node:crypto';
import { Random } from '../random.ts';
import { Gateway } from './gateway.ts';
import type { OrderBook } from './order-book.ts';
import { Shopper } from './shopper.ts';

export interface LoadOptions {
  gatewayUrl: string;
  simulatorsUrl: string;
  seed: number;
  ordersPerSecond: number;
  book: OrderBook;
  pause(ms: number): Promise<void>;
  /** The run is given up: nobody comes any more, and nobody stays. */
  signal: AbortSignal;
  /** Whether an order may still be placed that will have to be parked. */
  mayPark(): boolean;
}

const customers = 500;
/** Visits that may be under way; while the system is away, whoever comes then stays outside. */
const most = 500;
const tickMs = 50;

/** An open model: customers come at their own pace, whatever the system does. */
export class Load {
  readonly #options: LoadOptions;
  readonly #gateway: Gateway;
  readonly #random: Random;
  readonly #underWay = new Set<Promise<void>>();
  #tokens: string[] = [];
  #open = true;
  #over = false;
  #coming: Promise<void> | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#gateway = new Gateway(options.gatewayUrl);
    this.#random = new Random(options.seed ^ 0x5eed);
  }

  async begin(): Promise<void> {
    this.#tokens = await Promise.all(Array.from({ length: customers }, () => this.#token()));
    this.#coming = this.#come();
  }

  /** Nobody comes any more; who is there finishes. */
  async end(): Promise<void> {
    this.#open = false;
    await this.#coming;
    await Promise.all(this.#underWay);
    await this.#gateway.close();
  }

  /** Everybody leaves at once. */
  async breakOff(): Promise<void> {
    this.#over = true;
    await this.end();
  }

  async #come(): Promise<void> {
    const { book, ordersPerSecond, pause } = this.#options;
    const began = performance.now();
    let due = 0;
    while (this.#open && !this.#isOver()) {
      await pause(tickMs);
      const target = ((performance.now() - began) / 1_000) * ordersPerSecond;
      for (; due < target && this.#open; due++) {
        if (this.#underWay.size < most) this.#enter();
        else book.counts.shed++;
      }
    }
  }

  #enter(): void {
    const { book, pause, mayPark } = this.#options;
    const options = { gateway: this.#gateway, book, random: this.#random, pause, isOver: () => this.#isOver() };
    const token = this.#tokens[this.#random.zipf(customers) - 1]!;
    const visit = new Shopper(options, token, mayPark()).visit().catch((error: Error) => {
      book.violate(`a client stumbled: ${error.message}`);
    });
    this.#underWay.add(visit);
    void visit.then(() => this.#underWay.delete(visit));
  }

  #isOver(): boolean {
    return this.#over || this.#options.signal.aborted;
  }

  async #token(): Promise<string> {
    const response = await fetch(`${this.#options.simulatorsUrl}/identity/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sub: randomUUID() }),
    });
    if (!response.ok) throw new Error(`no token from ${this.#options.simulatorsUrl}: ${response.status}`);
    return ((await response.json()) as { token: string }).token;
  }
}
