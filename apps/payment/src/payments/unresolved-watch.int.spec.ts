import { randomUUID } from 'node:crypto';
import { createLogger, registry } from '@ringshop/service-defaults';
import { eventually } from '@ringshop/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { authorise, close, PaymentsRig } from './payments.kit.ts';
import { UnresolvedWatch } from './unresolved-watch.ts';

const rig = new PaymentsRig();
const { replica, unresolved } = rig;

beforeAll(rig.open);
afterAll(rig.close);
beforeEach(rig.begin);
afterEach(rig.end);

const measured = async (name: string) => (await registry.getSingleMetric(name)!.get()).values[0]!.value;

test('what the provider owes an answer to is counted, and noted once it is old; an answer ends that', async () => {
  const orderId = randomUUID();
  const { payments } = await replica();
  const logger = createLogger('payment-test', 'silent');
  const watch = new UnresolvedWatch({ pool: rig.pool, everyMs: 10, noteAfterMs: 60_000, logger });
  watch.start();
  try {
    await rig.simulators.kill();
    await payments.handle([authorise(orderId), close(randomUUID())]);
    await eventually(async () => (await measured('ringshop_payment_unresolved')) === 2);
    expect(watch.note()).toBeUndefined();
    await rig.pool.query("UPDATE unresolved_commands SET kept_at = now() - interval '75 s' WHERE order_id = $1", [
      orderId,
    ]);
    await eventually(() => watch.note());
    expect(watch.note()).toBe('2 without an answer of the payment provider, the oldest for 75 s');
    expect(await measured('ringshop_payment_unresolved_oldest_seconds')).toBeCloseTo(75, -1);
    await rig.restartProvider();
    await eventually(async () => expect(await unresolved()).toEqual([]));
    await eventually(() => watch.note() === undefined);
    await eventually(async () => (await measured('ringshop_payment_unresolved')) === 0);
  } finally {
    await watch.stop();
  }
});
