import { connect } from 'node:net';
import { registry } from '@ringshop/service-defaults';
import { eventually, type FaultProxy, faultProxy, testKafka } from '@ringshop/testing';
import kafkajs, { type Kafka } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, idsOf, openBench, outgoing, readTopic, topicPair } from './messaging.kit.ts';
import { relayFailures } from './metrics.ts';
import { Outbox } from './outbox.ts';
import type { Relay } from './relay.ts';

let bench: Bench;
let proxy: FaultProxy;
let kafka: Kafka;

beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  const { brokers } = await testKafka();
  proxy = await faultProxy(Number(brokers[0]!.split(':')[1]));
  const socketFactory = ({ onConnect }: { onConnect: () => void }) => connect({ port: proxy.port }, onConnect);
  kafka = new kafkajs.Kafka({ brokers, socketFactory, retry: { retries: 0 }, logLevel: kafkajs.logLevel.NOTHING });
});
afterEach(async () => {
  await bench.stopRelays();
  await proxy.close();
});
afterAll(() => bench.close());

const gaugeOf = async (name: string) => (await registry.getSingleMetric(name)!.get()).values[0]!.value;
const publish = async (relay: Relay, topic: string, count: number) => {
  const messages = outgoing(topic, count);
  await new Outbox({ pool: bench.pool, relay }).transaction(async (tx) => tx.publish(messages));
  return messages.map(({ event }) => event.id);
};

const largeEnough = (name: string) => ({
  type: kafkajs.ConfigResourceTypes.TOPIC,
  name,
  configEntries: [{ name: 'max.message.bytes', value: '1048576' }],
});

describe('a relay while Kafka does not take messages', () => {
  it('is stalled from the produce that failed until one works, and tells what waits and since when', async () => {
    const topic = await topicPair('stalled');
    const relay = bench.relay({ kafka });
    relay.start();
    const before = await publish(relay, topic, 2);
    await eventually(() => relay.backlog === 0);
    expect([relay.stalled, relay.note()]).toEqual([false, undefined]);

    await proxy.refuse();
    const from = Date.now();
    const during = await publish(relay, topic, 3);
    await eventually(() => relay.stalled);
    expect(relay.backlog).toBe(3);
    expect(relay.note()).toMatch(/^Kafka does not take messages since \d{4}-/);
    expect(Date.parse(relay.note()!.split(' ').at(-1)!)).toBeGreaterThanOrEqual(from);
    expect([await gaugeOf('ringshop_relay_backlog'), await gaugeOf('ringshop_relay_stalled')]).toEqual([3, 1]);

    await proxy.pass();
    await eventually(() => !relay.stalled);
    await eventually(() => relay.backlog === 0);
    expect(idsOf(await readTopic(bench.kafka, topic, { expect: 5 })).sort()).toEqual([...before, ...during].sort());
    expect([await gaugeOf('ringshop_relay_backlog'), await gaugeOf('ringshop_relay_stalled')]).toEqual([0, 0]);
  });

  it('is stalled from its first connect on, and no more once that works, though it has nothing to send', async () => {
    await proxy.refuse();
    const relay = bench.relay({ kafka });
    expect(relay.stalled).toBe(false);
    relay.start();
    await eventually(() => relay.stalled);
    await proxy.pass();
    await eventually(() => !relay.stalled);
    expect(relay.note()).toBeUndefined();
  });

  it('stays stalled while Kafka takes connections and nothing else', async () => {
    const topic = await topicPair('half', { 'max.message.bytes': '10' });
    const relay = bench.relay();
    relay.start();
    await publish(relay, topic, 1);
    await eventually(() => relay.stalled);
    const { value: before } = (await relayFailures.get()).values[0]!;
    const seen = new Set<boolean>();
    // Each attempt connects anew.
    const attempts = async () => (await relayFailures.get()).values[0]!.value - before;
    await eventually(async () => seen.add(relay.stalled) && (await attempts()) >= 3, { every: 1 });
    expect([...seen]).toEqual([true]);
    const { withAdmin } = await testKafka();
    await withAdmin((admin) => admin.alterConfigs({ validateOnly: false, resources: [largeEnough(topic)] }));
    await eventually(() => !relay.stalled);
  });

  it('is not stalled by a topic that does not exist', async () => {
    const relay = bench.relay();
    relay.start();
    await publish(relay, `missing-${Math.random()}`, 1);
    await eventually(async () => (await bench.rowsLeft()) === 1 && relay.backlog === 0, { what: 'it is put aside' });
    expect(relay.stalled).toBe(false);
    expect(await gaugeOf('ringshop_relay_put_aside_total')).toBe(1);
    await bench.pool.query('DELETE FROM outbox');
  });
});
