/**
 * The order as a DBOS workflow, and HTTP before it: `POST /` with an order, answered when the order has ended.
 * Settings come from the environment; see infra/bench/src/peers/dbos.ts.
 */
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { pgDataSource } from './pg-data-source.mjs';
import { confirmOrder, paymentProvider, releaseStock, reserveStock } from './steps.mjs';

const { DATABASE_URL, PROVIDER_URL, PORT, EXECUTOR, SESSIONS } = process.env;
const sessions = Number(SESSIONS);
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: sessions });
const transaction = pgDataSource('shop', pool);
const payment = paymentProvider(PROVIDER_URL, 256);
const untilItWorks = { retriesAllowed: true, maxAttempts: 1000, intervalSeconds: 0.1 };

const placeOrder = DBOS.registerWorkflow(
  async (order) => {
    const { orderId, token } = order;
    const total = await transaction('reserve stock', (client) => reserveStock(client, order));
    if (total === null) return 'rejected';
    const authorise = () => payment.authorise(orderId, total, token);
    if (!(await DBOS.runStep(authorise, { name: 'authorise payment', ...untilItWorks }))) {
      await transaction('release stock', (client) => releaseStock(client, orderId));
      return 'rejected';
    }
    await DBOS.runStep(() => payment.capture(orderId, total), { name: 'capture payment', ...untilItWorks });
    await transaction('confirm', (client) => confirmOrder(client, orderId));
    return 'confirmed';
  },
  { name: 'place order' },
);

DBOS.setConfig({
  name: 'shop',
  systemDatabaseUrl: DATABASE_URL,
  systemDatabasePoolSize: sessions,
  executorID: EXECUTOR,
  applicationVersion: '1',
  logLevel: 'warn',
});
await DBOS.launch();

const server = createServer(async (request, response) => {
  try {
    const order = await json(request);
    const status = await DBOS.withNextWorkflowID(order.orderId, () => placeOrder(order));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(status));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
});
server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', async () => {
  server.close();
  await DBOS.shutdown();
  process.exit();
});
