import { randomUUID } from 'node:crypto';
import { setFaults } from '@ringshop/operator';
import type { Child } from '@ringshop/servers';
import { Pool } from 'undici';
import type { Arm, Bench, Outcome, Work } from '../arms/arm.ts';
import { orderLines } from '../arms/order-lines.ts';
import { pace } from '../arms/pace.ts';
import type { PeerShop } from './peer-shop.ts';

/** What is a peer's own. */
export interface Peer {
  name: string;
  title: string;
  settings: string[];
  /** Where orders are placed, in turn. */
  urls: string[];
  path: string;
  /** Everything of it that runs, by part, in the order in which it was started. */
  parts: Record<string, Child>;
}

/** What was started last is stopped first: workers before the server that they ask. */
export async function stopPeer({ provider }: PeerShop, parts: Record<string, Child>): Promise<void> {
  for (const part of Object.values(parts).reverse()) await part.stop();
  await provider.kill();
}

/** An order is one HTTP request, answered when the order has ended; its id is what makes a repeated request harmless. */
export class PeerArm implements Arm {
  readonly name: string;
  readonly title: string;
  readonly settings: string[];
  readonly postgres: NonNullable<Arm['postgres']>;
  readonly #bench: Bench;
  readonly #shop: PeerShop;
  readonly #peer: Peer;
  readonly #pools: Pool[];
  #confirmed = 0;

  constructor(bench: Bench, shop: PeerShop, peer: Peer) {
    this.name = peer.name;
    this.title = peer.title;
    this.settings = peer.settings;
    this.postgres = { url: bench.rivals.url, databases: [peer.name] };
    this.#bench = bench;
    this.#shop = shop;
    this.#peer = peer;
    this.#pools = peer.urls.map((url) => new Pool(url, { pipelining: 1 }));
  }

  async pids(): Promise<Record<string, number>> {
    const parts = Object.entries(this.#peer.parts).map(([part, { pid }]) => [part, pid]);
    return { ...Object.fromEntries(parts), postgres: this.#bench.rivals.pid, simulators: this.#shop.provider.pid };
  }

  async run(work: Work): Promise<Outcome> {
    await setFaults(this.#shop.provider.url, { latencyMs: work.paymentMs });
    const outcome = await pace(work, (number) => this.#place(number, work), this.#bench.signal);
    this.#confirmed += outcome.completed;
    return outcome;
  }

  checkBooks(): Promise<void> {
    return this.#shop.check(this.name, this.#confirmed, this.#bench);
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
    await stopPeer(this.#shop, this.#peer.parts);
  }

  async #place(number: number, work: Work): Promise<string | undefined> {
    const orderId = randomUUID();
    const { statusCode, body } = await this.#pools[number % this.#pools.length]!.request({
      method: 'POST',
      path: this.#peer.path,
      headers: { 'content-type': 'application/json', 'idempotency-key': orderId },
      body: JSON.stringify({
        orderId,
        customerId: randomUUID(),
        lines: orderLines(work),
        token: 'tok_approve',
        shipTo: { name: 'Ada Bench', address: '1 Loopback Street' },
      }),
    });
    const text = await body.text();
    return text === '"confirmed"' ? undefined : `${statusCode} ${text.slice(0, 80)}`.trim();
  }
}
