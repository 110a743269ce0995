import { join } from 'node:path';
import type { StatusJson, System } from '@ringshop/local';
import { askAsOperator, setFaults, urlsOf } from '@ringshop/operator';
import type { Arm, Outcome, Work } from '../arm.ts';
import { allSkus } from '../order-lines.ts';
import { pace } from '../pace.ts';
import { databasesIn, ShopBooks } from './shop-books.ts';
import { ShopClient } from './shop-client.ts';

const secondInventory = 'inventory-1.2';

/** A running shop as an arm, with a second replica of inventory that is down until it is wanted. */
export class Shop implements Arm {
  readonly name: string;
  readonly title: string;
  readonly settings: string[];
  readonly postgres: NonNullable<Arm['postgres']>;
  readonly kafka: NonNullable<Arm['kafka']>;
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
    this.postgres = { url: status.postgres.url, databases: databasesIn(status) };
    this.kafka = { brokers: status.kafka.brokers.split(','), dir: join(system.dir, 'kafka', 'data') };
    this.#system = system;
    this.#signal = signal;
    this.#client = client;
    this.#books = new ShopBooks(status);
  }

  static async open(system: System, signal: AbortSignal, about: Pick<Arm, 'name' | 'title' | 'settings'>) {
    const status = await system.status();
    await fillShelves(status);
    await system.stopPart(secondInventory);
    const client = await ShopClient.connect(system);
    return new Shop(system, signal, about, { status, client });
  }

  async pids(): Promise<Record<string, number>> {
    const { parts } = await this.#system.status();
    return Object.fromEntries(parts.flatMap(({ name, pid }) => (pid === null ? [] : [[name, pid]])));
  }

  async run(work: Work): Promise<Outcome> {
    await setFaults(this.#system.simulatorsUrl, { latencyMs: work.paymentMs });
    const refusedBefore = this.#client.refused;
    const outcome = await pace(work, (number) => this.#client.place(number, work), this.#signal);
    outcome.refused = this.#client.refused - refusedBefore;
    await this.#books.untilQuiet(this.#signal);
    this.#confirmed += outcome.completed;
    this.#undecided += undecidedIn(outcome);
    return outcome;
  }

  /** Until it has its share of the work; its compiler is cold. */
  startSecondInventory(): Promise<void> {
    return this.#system.startPart(secondInventory);
  }

  async stopSecondInventory(): Promise<void> {
    await this.#system.stopPart(secondInventory);
  }

  checkBooks(): Promise<void> {
    return this.#books.check(this.#confirmed, this.#undecided);
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#books.close()]);
    await this.#system.stop();
  }
}

/** What was refused was not written, and what was rejected is not confirmed; of the rest nobody knows. */
function undecidedIn({ others }: Outcome): number {
  const unknown = Object.entries(others).filter(([what]) => !/^(201|503 overloaded|429)/.test(what));
  return unknown.reduce((sum, [, count]) => sum + count, 0);
}

/** The shop to be tried out has scarce and sold-out products, which no order here should meet. */
async function fillShelves(status: StatusJson): Promise<void> {
  for (const sku of allSkus.slice(899, 919)) {
    const call = { method: 'PUT', path: `/v1/stock/${sku}`, body: { quantity: 1_000_000 } };
    await askAsOperator(urlsOf(status), call);
  }
}
