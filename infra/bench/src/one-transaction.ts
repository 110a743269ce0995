/**
 * The yardstick A1: the whole order in one transaction of one PostgreSQL database. No services, no messages, no HTTP;
 * six round trips with prepared statements from 32 clients. What it cannot do (survive the loss of a part, scale past
 * one database, talk to a payment provider outside the transaction) is what the difference pays for.
 * Runs as a process of its own, so that its CPU can be counted: `node one-transaction.js <database url> <orders>`.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';

const clients = 32;
const schema = `
  CREATE TABLE IF NOT EXISTS a1_stock (sku text PRIMARY KEY, price bigint NOT NULL, available int NOT NULL CHECK (available >= 0), sold int NOT NULL) WITH (fillfactor = 80);
  CREATE TABLE IF NOT EXISTS a1_orders (order_id uuid PRIMARY KEY, customer_id uuid NOT NULL, status text NOT NULL, lines jsonb NOT NULL, total bigint, ship_to text NOT NULL, placed_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 80);
  CREATE INDEX IF NOT EXISTS a1_orders_of_customer ON a1_orders (customer_id, order_id DESC);
  CREATE TABLE IF NOT EXISTS a1_keys (customer_id uuid, key text, request_hash bytea NOT NULL, order_id uuid NOT NULL, PRIMARY KEY (customer_id, key));
  CREATE TABLE IF NOT EXISTS a1_payments (order_id uuid PRIMARY KEY, state text NOT NULL, amount bigint NOT NULL);
  INSERT INTO a1_stock SELECT 'SKU-' || lpad(n::text, 4, '0'), 100 + n, 1000000, 0 FROM generate_series(1, 1000) n ON CONFLICT DO NOTHING`;

const takeStock = {
  name: 'take-stock',
  text: `UPDATE a1_stock s SET available = available - l.quantity, sold = sold + l.quantity
         FROM (SELECT unnest($1::text[]) AS sku, unnest($2::int[]) AS quantity) l
         WHERE s.sku = l.sku AND s.available >= l.quantity RETURNING s.sku, s.price * l.quantity AS amount`,
};
const insertKey = { name: 'insert-key', text: 'INSERT INTO a1_keys VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING' };
const insertOrder = {
  name: 'insert-order',
  text: `INSERT INTO a1_orders (order_id, customer_id, status, lines, total, ship_to) VALUES ($1, $2, 'confirmed', $3, $4, $5)`,
};
const insertPayment = { name: 'insert-payment', text: `INSERT INTO a1_payments VALUES ($1, 'captured', $2)` };

async function placeOrder(client: pg.Client): Promise<void> {
  const orderId = randomUUID();
  const customerId = randomUUID();
  const sku = `SKU-${String(1 + Math.floor(Math.random() * 890)).padStart(4, '0')}`;
  const lines = [{ sku, quantity: 1 }];
  await client.query('BEGIN');
  await client.query({ ...insertKey, values: [customerId, orderId, randomBytes(32), orderId] });
  const taken = await client.query({ ...takeStock, values: [[sku], [1]] });
  const total = taken.rows.reduce((sum: number, row: { amount: string }) => sum + Number(row.amount), 0);
  const shipTo = JSON.stringify({ name: 'Ada Bench', address: '1 Loopback Street' });
  await client.query({ ...insertOrder, values: [orderId, customerId, JSON.stringify(lines), total, shipTo] });
  await client.query({ ...insertPayment, values: [orderId, total] });
  await client.query('COMMIT');
}

async function main(url: string, orders: number): Promise<void> {
  const pool = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  await pool[0]!.query(schema);
  process.send!('ready');
  await new Promise((start) => process.once('message', start));
  let left = orders;
  await Promise.all(
    pool.map(async (client) => {
      while (left-- > 0) await placeOrder(client);
    }),
  );
  process.send!('done');
  await new Promise((end) => process.once('message', end));
  await Promise.all(pool.map((client) => client.end()));
  process.disconnect!();
}

await main(process.argv[2]!, Number(process.argv[3]));
