import { Pool, type QueryResultRow } from 'pg';

/** One database, read by an operator: few connections, and never a statement that runs for ever. */
export class Database {
  readonly name: string;
  readonly #pool: Pool;

  constructor(serverUrl: string, name: string) {
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    this.name = name;
    this.#pool = new Pool({
      connectionString: url.href,
      max: 2,
      connectionTimeoutMillis: 5000,
      statement_timeout: 60_000,
      application_name: 'ringshop-operator',
    });
    // An idle connection that ends with its server must not end this process: the next query tells.
    this.#pool.on('error', () => undefined);
  }

  /** One statement sees one snapshot, however much is being written meanwhile. */
  async rows<Row extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, values)).rows;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

export interface Shard {
  name: string;
  database: Database;
}

export interface Databases {
  placement: Database;
  inventory: Database;
  payment: Database;
  /** Every order database on the server, in the map or not: what is where it should not be has to be seen. */
  shards: Shard[];
  close(): Promise<void>;
}

export async function openDatabases(serverUrl: string): Promise<Databases> {
  const [placement, inventory, payment] = ['placement', 'inventory', 'payment'].map(
    (name) => new Database(serverUrl, name),
  ) as [Database, Database, Database];
  const names = await placement.rows<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE datname ~ '^order_[0-9]+$' ORDER BY length(datname), datname`,
  );
  const shards = names.map(({ datname }) => ({
    name: datname.replaceAll('_', '-'),
    database: new Database(serverUrl, datname),
  }));
  const all = [placement, inventory, payment, ...shards.map(({ database }) => database)];
  const close = async () => void (await Promise.all(all.map((database) => database.close())));
  return { placement, inventory, payment, shards, close };
}
