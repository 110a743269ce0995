/**
 * A Temporal worker, and HTTP before it: `POST /` with an order, answered when its workflow has ended.
 * Settings come from the environment; see infra/bench/src/peers/temporal.ts.
 */
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import pg from 'pg';
import { confirmOrder, paymentProvider, releaseStock, reserveStock } from './steps.mjs';

const { DATABASE_URL, PROVIDER_URL, PORT, SESSIONS, SERVER, AT_ONCE } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(SESSIONS) });
const payment = paymentProvider(PROVIDER_URL, 256);

Runtime.install({ logger: new DefaultLogger('WARN') });
// One connection for both: an eager start hands a new workflow's first task to the worker beside the client.
const connection = await NativeConnection.connect({ address: SERVER });
const client = new Client({ connection });
const worker = await Worker.create({
  connection,
  taskQueue: 'shop',
  workflowsPath: fileURLToPath(new URL('./temporal-workflow.mjs', import.meta.url)),
  activities: {
    reserveStock: (order) => reserveStock(pool, order),
    releaseStock: (orderId) => releaseStock(pool, orderId),
    confirmOrder: (orderId) => confirmOrder(pool, orderId),
    ...payment,
  },
  maxConcurrentWorkflowTaskExecutions: Number(AT_ONCE),
  maxConcurrentLocalActivityExecutions: Number(AT_ONCE),
});
const running = worker.run();
const how = { taskQueue: 'shop', requestEagerStart: true, workflowIdConflictPolicy: 'USE_EXISTING' };

const server = createServer(async (request, response) => {
  try {
    const order = await json(request);
    const status = await client.workflow.execute('placeOrder', { ...how, workflowId: order.orderId, args: [order] });
    response.setHeader('content-type', 'application/json').end(JSON.stringify(status));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
});
server.listen(Number(PORT), '127.0.0.1');
// The worker listens to SIGTERM itself, and ends what it has begun.
await running;
process.exit();
