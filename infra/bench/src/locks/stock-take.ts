import { randomBytes } from 'node:crypto';
import { CommandFailed, Database, localOperator, readStockBooks, wrongWith } from '@ringshop/operator';
import { KeyRing, principalHeader, signPrincipal } from '@ringshop/service-defaults';
import { Pool } from 'undici';
import type { Answers } from './stock-load.ts';

/** For `inventory`: the benchmark asks it directly, in the place of a gateway. */
export const internalCallKeys = `bench:${randomBytes(32).toString('base64')}`;
const ring = KeyRing.parse(internalCallKeys);

interface Row {
  sku: string;
  available: number;
  /** Held by reservations that were made since the shelves were filled. */
  held: number;
}

/** Fills shelves, and compares afterwards what buyers were told with what the database says. */
export class StockTake {
  readonly #inventory: Database;
  readonly #service: Pool;
  #quantity = 0;
  #since = '';

  constructor(postgresUrl: string, inventoryUrl: string) {
    this.#inventory = new Database(postgresUrl, 'inventory');
    this.#service = new Pool(inventoryUrl, { connections: 32 });
  }

  /** Exactly `quantity` units of each SKU, counted in by the service itself, so that its ledger adds up. */
  async fill(skus: readonly string[], quantity: number): Promise<void> {
    await Promise.all(skus.map((sku) => this.#count(sku, quantity)));
    this.#quantity = quantity;
    const [clock] = await this.#inventory.rows<{ now: string }>('SELECT clock_timestamp()::text AS now');
    this.#since = clock!.now;
  }

  /**
   * @returns how many units were promised to buyers beyond those that left the shelf
   * @throws CommandFailed when the promises are not the reservations: then no number of this stretch counts
   */
  async oversold(skus: readonly string[], { reserved }: Answers): Promise<number> {
    let oversold = 0;
    for (const { sku, available, held } of await this.#inventory.rows<Row>(look, [skus, this.#since])) {
      const promised = reserved.get(sku) ?? 0;
      if (promised !== held) throw new CommandFailed(`${sku}: ${promised} units promised, but ${held} reserved`);
      oversold += Math.max(0, promised - Math.min(this.#quantity, this.#quantity - available));
    }
    return oversold;
  }

  /** The audit's own I1: every SKU by its row, its ledger and its reservations. @throws CommandFailed */
  async requireBalance(): Promise<void> {
    for (const book of await readStockBooks(this.#inventory)) {
      const [problem] = wrongWith(book);
      if (problem) throw new CommandFailed(`the books do not balance: ${book.sku}: ${problem}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#inventory.close(), this.#service.close()]);
  }

  async #count(sku: string, quantity: number): Promise<void> {
    const { statusCode, body } = await this.#service.request({
      method: 'PUT',
      path: `/stock/${sku}`,
      headers: {
        'content-type': 'application/json',
        [principalHeader]: signPrincipal(ring, { subject: localOperator, role: 'operator' }),
      },
      body: JSON.stringify({ quantity }),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new CommandFailed(`the stock of ${sku} was not set: ${statusCode} ${text}`);
  }
}

const look = `
  WITH fresh AS (
    SELECT line ->> 'sku' AS sku, sum((line ->> 'quantity')::int)::int AS held
      FROM reservations, jsonb_array_elements(lines) AS line
     WHERE created_at >= $2 AND state = 'HELD'
     GROUP BY 1)
  SELECT stock.sku, stock.available, coalesce(fresh.held, 0) AS held
    FROM stock LEFT JOIN fresh USING (sku) WHERE stock.sku = ANY ($1::text[])`;
