/**
 * What the steps of every peer's workflow do: one statement of shop.sql each, or one call of the payment provider. How a step
 * is made durable is the peer's business; that it may run twice is the steps' own, as each peer's documentation asks.
 */
import { Pool } from 'undici';

const reserve = { name: 'reserve', text: 'SELECT reserve_stock($1, $2, $3, $4, $5) AS total' };
const confirm = { name: 'confirm', text: 'SELECT confirm_order($1)' };
const release = { name: 'release', text: 'SELECT release_stock($1)' };

/** @returns the order's total, or null when it is out of stock */
export async function reserveStock(client, { orderId, customerId, lines, shipTo }) {
  const sorted = [...lines].sort((a, b) => (a.sku < b.sku ? -1 : 1));
  const [skus, quantities] = [sorted.map(({ sku }) => sku), sorted.map(({ quantity }) => quantity)];
  const values = [orderId, customerId, skus, quantities, JSON.stringify(shipTo)];
  const { total } = (await client.query({ ...reserve, values })).rows[0];
  return total === null ? null : Number(total);
}

export async function confirmOrder(client, orderId) {
  await client.query({ ...confirm, values: [orderId] });
}

export async function releaseStock(client, orderId) {
  await client.query({ ...release, values: [orderId] });
}

/** The provider's HTTP interface, with the keys that make a repeated call harmless. */
export function paymentProvider(url, connections) {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const post = async (verb, key, body) => {
    const { statusCode, body: answer } = await pool.request({
      method: 'POST',
      path: `/payments/${verb}`,
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    // 5xx may pass: the peer repeats the step.
    if (statusCode >= 500) throw new Error(`the payment provider answered ${statusCode}`);
    return { ok: statusCode < 300, ...said };
  };
  return {
    /** @returns whether the payment was authorised */
    authorise: async (orderId, amount, token) =>
      (await post('authorise', orderId, { orderId, amount, currency: 'EUR', token })).status === 'authorised',
    capture: async (orderId, amount) => {
      const body = { orderId, payment: orderId, amount, currency: 'EUR' };
      const { ok, code } = await post('capture', `${orderId}:capture`, body);
      if (!ok) throw new Error(`capture refused: ${code}`);
    },
  };
}
