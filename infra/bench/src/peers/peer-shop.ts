import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, Database } from '@ringshop/operator';
import { type RunningSimulators, startSimulators } from '@ringshop/simulators';
import type { Bench } from '../arms/arm.ts';
import { createDatabase } from '../databases.ts';
import { peersFile } from './install-peers.ts';

const books = `
  SELECT (SELECT count(*) FROM orders WHERE status = 'confirmed')::int AS orders,
         (SELECT count(*) FROM orders WHERE status <> 'confirmed')::int AS others,
         (SELECT count(*) FROM payments p JOIN orders o USING (order_id) WHERE p.amount = o.total)::int AS payments,
         (SELECT sum(sold) FROM stock)::int AS sold,
         (SELECT count(*) FROM stock WHERE available + sold <> 1000000 OR reserved <> 0)::int AS unbalanced`;

/** What a peer's workflows work on: a database with the tables of `shop.sql`, and a payment provider. */
export class PeerShop {
  readonly url: string;
  readonly provider: RunningSimulators;

  private constructor(url: string, provider: RunningSimulators) {
    this.url = url;
    this.provider = provider;
  }

  static async open(name: string, { rivals, dir }: Bench): Promise<PeerShop> {
    const url = await createDatabase(rivals.url, name);
    const database = new Database(rivals.url, name);
    await database.rows(await readFile(peersFile('shop.sql'), 'utf8')).finally(() => database.close());
    return new PeerShop(url, await startSimulators({ DATA_DIR: join(dir, name, 'simulators') }));
  }

  /** @throws CommandFailed unless this many orders are confirmed, paid for and sold, and nothing else has happened */
  async check(name: string, confirmed: number, { rivals }: Bench): Promise<void> {
    const database = new Database(rivals.url, name);
    const [stored] = await database.rows<Record<string, number>>(books).finally(() => database.close());
    const said = { ...stored, ...(await this.#ledger()) };
    const right = { orders: confirmed, others: 0, payments: confirmed, sold: 2 * confirmed, unbalanced: 0 };
    const expected = { ...right, captured: confirmed, uncaptured: 0 };
    if (JSON.stringify(said) === JSON.stringify(expected)) return;
    throw new CommandFailed(`${name}: ${confirmed} orders were confirmed, but its books say ${JSON.stringify(said)}`);
  }

  async #ledger(): Promise<{ captured: number; uncaptured: number }> {
    const answer = await fetch(`${this.provider.url}/payments/ledger`);
    const { payments } = (await answer.json()) as { payments: { authorised: number; captured: number }[] };
    const captured = payments.filter((payment) => payment.captured === payment.authorised).length;
    return { captured, uncaptured: payments.length - captured };
  }
}
