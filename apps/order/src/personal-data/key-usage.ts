import type { KeyRing, Pool } from '@ringshop/service-defaults';

/** Rows by the id of the ring's key that they are sealed under. */
export type RowsByKey = Record<string, number>;

export interface KeyReport {
  replica: string;
  /** The key that seals from now on. */
  seals: string;
  /** All that this replica knows. */
  opens: string[];
  dataKeys: RowsByKey;
  /** Sealed directly under a key of the ring, from before customers had keys. */
  addresses: RowsByKey;
}

const dataKeys = `SELECT split_part(sealed_key, '.', 1) AS kid, count(*)::int AS rows FROM customer_keys
  WHERE split_part(sealed_key, '.', 1) IS NOT NULL GROUP BY 1`;
const addresses = `SELECT split_part(ship_to, '.', 1) AS kid, count(*)::int AS rows FROM orders
  WHERE ship_to NOT LIKE '@.%' GROUP BY 1`;

/** What this replica knows of the ring's keys, and what its shard has under each of them. */
export class KeyUsage {
  constructor(
    private readonly pool: Pool,
    private readonly ring: KeyRing,
    private readonly replica: string,
  ) {}

  /**
   * @param settled whether to wait for whoever is writing a data key at this moment: then a key that seals nowhere any more, and
   * has no row, gets none again. Placing waits along with it, for as long as the others' transactions take.
   */
  async report(settled: boolean): Promise<KeyReport> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      if (settled) await client.query(`SET LOCAL lock_timeout = '2s'; LOCK TABLE customer_keys IN SHARE MODE`);
      const counted = [await client.query(dataKeys), await client.query(addresses)];
      await client.query('COMMIT');
      const [underRing, direct] = counted.map(({ rows }) =>
        Object.fromEntries(rows.map(({ kid, rows: n }) => [kid, n])),
      );
      const { first: seals, kids: opens } = this.ring;
      return { replica: this.replica, seals, opens, dataKeys: underRing!, addresses: direct! };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }
}
