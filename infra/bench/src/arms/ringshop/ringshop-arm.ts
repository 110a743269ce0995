import { join } from 'node:path';
import { type StatusJson, type System, type SystemOptions, startSystem } from '@ringshop/local';
import { askAsOperator } from '@ringshop/operator';
import type { Arm, Bench, Outcome, StartArm, Work } from '../arm.ts';
import { allSkus } from '../order-lines.ts';
import { pace } from '../pace.ts';
import { databasesOf, ShopBooks, urlsOf } from './shop-books.ts';
import { ShopClient } from './shop-client.ts';

const shards = 2;

/** The whole real system, over HTTP and Kafka, as `npm start` starts it. */
export const startRingshop: StartArm = (bench) =>
  openShop(bench, {
    name: 'ringshop',
    title: 'the whole system, over HTTP and Kafka',
    settings: [`${shards} order shards, one process of every other part`, 'Kafka with its optimising compiler'],
  });

/** The same services with one message, or one order, a transaction, and one record a produce, as the pattern is usually written. */
export const startTextbook: StartArm = (bench) => {
  const env = Object.fromEntries(['order', 'inventory', 'payment'].map((kind) => [kind, { BATCH_MAX: '1' }]));
  const about = {
    name: 'textbook',
    title: 'the same saga, one message a transaction',
    settings: [
      'the same services and servers, with BATCH_MAX=1: nothing is done together',
      'messages are handled one after the other, as kafkajs and the Kafka transport of Nest do by default',
    ],
  };
  return openShop(bench, about, env);
};

async function openShop(
  { dir, signal }: Bench,
  about: Pick<Arm, 'name' | 'title' | 'settings'>,
  env: NonNullable<SystemOptions['env']> = {},
): Promise<Arm> {
  const system = await startSystem({ dir: join(dir, about.name), ports: 'free', shards, kafkaJit: 'c2', env, signal });
  try {
    return await Shop.open(system, signal, about);
  } catch (error) {
    await system.stop();
    throw error;
  }
}

/** A running shop as an arm. */
export class Shop implements Arm {
  readonly name: string;
  readonly title: string;
  readonly settings: string[];
  readonly postgres: NonNullable<Arm['postgres']>;
  readonly #system: System;
  readonly #signal: AbortSignal;
  readonly #client: ShopClient;
  readonly #books: ShopBooks;
  #confirmed = 0;
  #undecided = 0;

  private constructor(
    system: System,
    signal: AbortSignal,
    about: Pick<Arm, 'name' | 'title' | 'settings'>,
    { status, client }: { status: StatusJson; client: ShopClient },
  ) {
    this.name = about.name;
    this.title = about.title;
    this.settings = about.settings;
    this.postgres = { url: status.postgres.url, databases: databasesOf(status) };
    this.#system = system;
    this.#signal = signal;
    this.#client = client;
    this.#books = new ShopBooks(status);
  }

  static async open(system: System, signal: AbortSignal, about: Pick<Arm, 'name' | 'title' | 'settings'>) {
    const status = await system.status();
    await fillShelves(status);
    const client = await ShopClient.connect(system);
    return new Shop(system, signal, about, { status, client });
  }

  async pids(): Promise<Record<string, number>> {
    const { parts } = await this.#system.status();
    return Object.fromEntries(parts.flatMap(({ name, pid }) => (pid === null ? [] : [[name, pid]])));
  }

  async run(work: Work): Promise<Outcome> {
    await this.#slowProvider(work.paymentMs);
    const outcome = await pace(work, (number) => this.#client.place(number, work), this.#signal);
    await this.#books.untilQuiet(this.#signal);
    this.#confirmed += outcome.completed;
    this.#undecided += outcome.others['202 pending'] ?? 0;
    return outcome;
  }

  checkBooks(): Promise<void> {
    return this.#books.check(this.#confirmed, this.#undecided);
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#books.close()]);
    await this.#system.stop();
  }

  async #slowProvider(latencyMs: number): Promise<void> {
    const answer = await fetch(`${this.#system.simulatorsUrl}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ latencyMs }),
    });
    if (!answer.ok) throw new Error(`the provider's latency could not be set: ${answer.status}`);
  }
}

/** The shop to be tried out has scarce and sold-out products, which no order here should meet. */
async function fillShelves(status: StatusJson): Promise<void> {
  for (const sku of allSkus.slice(899, 919)) {
    const call = { method: 'PUT', path: `/v1/stock/${sku}`, body: { quantity: 1_000_000 } };
    await askAsOperator(urlsOf(status), call);
  }
}
