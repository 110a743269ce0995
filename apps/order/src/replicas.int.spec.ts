import type { LogEntry } from '@ringshop/saga';
import { eventually, kill } from '@ringshop/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OrderProcess, type OrderProcesses, openOrderProcesses } from './order-processes.kit.ts';
import { place, type TestShard, testShard } from './shard.kit.ts';

const orders = process.env.RINGSHOP_TEST_SIZE === 'full' ? 5_100 : 300;
const within = 30_000 + orders * 30;

let shard: TestShard;
let processes: OrderProcesses;

beforeAll(async () => {
  shard = await testShard();
  processes = await openOrderProcesses(shard, {
    DEADLINE_SWEEP_MS: '20',
    OUTBOX_SWEEP_MS: '500',
    STEP_DEADLINE_MS: '300',
    RETRY_MIN_MS: '50',
    RETRY_MAX_MS: '400',
    KAFKA_SESSION_TIMEOUT_MS: '6000',
  });
});
afterAll(async () => {
  await processes?.close();
  await shard?.stop();
});

async function placed(replica: OrderProcess, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const answers = await Promise.all(Array.from({ length: Math.min(200, count - ids.length) }, () => place(replica)));
    const bodies = await Promise.all(answers.map((answer) => answer.json() as Promise<{ orderId: string }>));
    ids.push(...bodies.map(({ orderId }) => orderId));
  }
  return ids;
}

/** Until each order has been told so often to release its stock: as many of its deadlines have fired. */
const releases = (times: number, ids: string[]) =>
  eventually(() => ids.every((id) => processes.asked('release-stock', id) >= times), {
    within,
    what: `${times} deadlines of each order`,
  });

const logs = async () =>
  (
    await shard.database.pool.query<{ id: string; done: boolean; log: LogEntry[] }>(
      'SELECT saga_id AS id, done, log FROM sagas',
    )
  ).rows;
const timesOf = (log: LogEntry[], what: string, detail: string) =>
  log.filter(([, is, of]) => is === what && of === detail).reduce((sum, [, , , times = 1]) => sum + times, 0);

it(
  'acceptance 13: one, three and one replica again, one of them killed: no deadline fires twice, and none is lost',
  async () => {
    const first = await processes.start('order-1');
    const ids = await placed(first, orders / 2);
    await releases(1, ids);
    const [second, third] = await Promise.all([processes.start('order-1b'), processes.start('order-1c')]);
    for (const replica of [first, second, third]) ids.push(...(await placed(replica, orders / 6)));
    await releases(2, ids);
    kill(second.child);
    await releases(3, ids);
    await third.child.stop();
    await releases(4, ids);
    processes.answer('release-stock', 'stock-released');
    await eventually(async () => (await logs()).every(({ done }) => done), { within, what: 'all sagas to end' });
    const sagas = await logs();
    expect(sagas).toHaveLength(orders);
    for (const { id, log } of sagas) {
      expect(timesOf(log, 'silence', 'reserve-stock')).toBe(1);
      const fired = timesOf(log, 'sent', 'release-stock') + timesOf(log, 'asked again', 'release-stock');
      // The log is written with the deadline: two replicas that fired the same one asked more often than it says.
      await eventually(() => processes.asked('release-stock', id) >= fired, { what: 'its last question to arrive' });
      expect(processes.asked('release-stock', id)).toBe(fired);
      expect(processes.asked('reserve-stock', id)).toBe(1);
    }
  },
  60_000 + 6 * within,
);
