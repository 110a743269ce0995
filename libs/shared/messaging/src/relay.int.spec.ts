import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, faultProxy, testKafka } from '@ringshop/testing';
import { type ISocketFactory, Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encode, encodeRow } from './encoding.ts';
import { createKafka } from './kafka.ts';
import type { Outgoing } from './message.ts';
import { type Bench, idsOf, openBench, outgoing, readTopic, topicPair } from './messaging.kit.ts';
import { relayBatch, relayFailures, relayLeft, swept } from './metrics.ts';
import { Outbox } from './outbox.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.stopRelays());
afterAll(() => bench.close());

const total = async (counter: typeof swept) => (await counter.get()).values[0]?.value ?? 0;

/** Produces so far. */
const produced = async () =>
  (await relayBatch.get()).values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0;

const nowhere = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'nowhere' });

describe('relay', () => {
  it('publishes both of two transactions that commit in the reverse order of their ids', async () => {
    const topic = await topicPair('reverse');
    const relay = bench.relay();
    relay.start();
    const first = await bench.pool.connect();
    const second = await bench.pool.connect();
    const insert = 'INSERT INTO outbox (messages) VALUES ($1) RETURNING id';
    const [early, late] = [outgoing(topic), outgoing(topic)];
    await first.query('BEGIN');
    const { rows: one } = await first.query<{ id: number }>(insert, [encodeRow(early.map(encode))]);
    const { rows: two } = await second.query<{ id: number }>(insert, [encodeRow(late.map(encode))]);
    expect(two[0]!.id).toBeGreaterThan(one[0]!.id);
    // The younger id is published and gone before the older one can be seen.
    await eventually(async () => (await bench.rowsLeft()) === 0);
    await first.query('COMMIT');
    await eventually(async () => (await bench.rowsLeft()) === 0);
    first.release();
    second.release();
    const ids = idsOf(await readTopic(bench.kafka, topic, { expect: 2 }));
    expect(ids).toEqual(expect.arrayContaining([early[0]!.event.id, late[0]!.event.id]));
  });

  it('sweeps what a crash between commit and hand-off left behind, each row by one of two replicas', async () => {
    const topic = await topicPair('left');
    const messages = outgoing(topic, 300);
    for (const message of messages) {
      const row = [encodeRow([encode(message)])];
      await bench.pool.query("INSERT INTO outbox (messages, created_at) VALUES ($1, now() - interval '1 minute')", row);
    }
    const before = await total(swept);
    const replicas = [bench.relay({ sweepAfterMs: 10_000 }), bench.relay({ sweepAfterMs: 10_000 })];
    for (const relay of replicas) relay.start();
    await eventually(async () => (await bench.rowsLeft()) === 0);
    expect((await total(swept)) - before).toBe(300);
    const ids = idsOf(await readTopic(bench.kafka, topic, { expect: 300 }));
    expect(ids.sort()).toEqual(messages.map(({ event }) => event.id).sort());
  });

  it('keeps no more in memory than its bound while Kafka is away, and publishes the rest through the sweep', async () => {
    const topic = await topicPair('bound');
    const cutOff = bench.relay({ kafka: nowhere, maxHeld: 10 });
    const outbox = new Outbox({ pool: bench.pool, relay: cutOff });
    const before = await total(relayLeft);
    const messages = Array.from({ length: 30 }, () => outgoing(topic, 2));
    await Promise.all(messages.map((two) => outbox.transaction(async (tx) => tx.publish(two))));
    expect(cutOff.backlog).toBe(10);
    expect((await total(relayLeft)) - before).toBe(25);
    await cutOff.stop();
    bench.relay({ maxHeld: 10 }).start();
    await eventually(async () => (await bench.rowsLeft()) === 0);
    const ids = idsOf(await readTopic(bench.kafka, topic, { expect: 60 }));
    expect(new Set(ids)).toEqual(new Set(messages.flat().map(({ event }) => event.id)));
  });

  it('leaves to the next process what it could not send before it had to stop', async () => {
    const topic = await topicPair('stop');
    const cutOff = bench.relay({ kafka: nowhere });
    const message = outgoing(topic);
    await new Outbox({ pool: bench.pool, relay: cutOff }).transaction(async (tx) => tx.publish(message));
    const from = performance.now();
    await cutOff.stop();
    expect(performance.now() - from).toBeLessThan(2_500);
    expect(await bench.rowsLeft()).toBe(1);
    bench.relay().start();
    expect(idsOf(await readTopic(bench.kafka, topic, { expect: 1 }))).toEqual([message[0]!.event.id]);
    await eventually(async () => (await bench.rowsLeft()) === 0);
  });

  it('lets what nobody waits for leave with the next that is in a hurry, and with the stop', async () => {
    const topic = await topicPair('linger');
    const relay = bench.relay({ lingerMs: 600_000 });
    const outbox = new Outbox({ pool: bench.pool, relay });
    const [calm, hurried, last] = [outgoing(topic), outgoing(topic), outgoing(topic)].map(([one]) => one!);
    const publish = (...messages: Outgoing[]) => outbox.transaction(async (tx) => tx.publish(messages));
    const before = await produced();
    await publish({ ...calm!, unhurried: true });
    await publish(hurried!);
    expect(idsOf(await readTopic(bench.kafka, topic, { expect: 2 })).sort()).toEqual(
      [calm!.event.id, hurried!.event.id].sort(),
    );
    expect((await produced()) - before).toBe(1);
    await publish({ ...last!, unhurried: true });
    await relay.stop();
    expect(await readTopic(bench.kafka, topic, { expect: 3 })).toHaveLength(3);
    expect(await bench.rowsLeft()).toBe(0);
  });
});

describe('relay and a topic that does not exist', () => {
  it('delivers everything else, and keeps its messages until the topic is there', async () => {
    const topic = await topicPair('exists');
    const missing = `missing-${Math.random()}`;
    const relay = bench.relay();
    relay.start();
    const outbox = new Outbox({ pool: bench.pool, relay });
    const [good, lost, later] = [outgoing(topic, 3), outgoing(missing, 2), outgoing(topic, 3)];
    await outbox.transaction(async (tx) => tx.publish([...good, ...lost]));
    await outbox.transaction(async (tx) => tx.publish(later));
    const ids = idsOf(await readTopic(bench.kafka, topic, { expect: 6 }));
    expect(ids.sort()).toEqual([...good, ...later].map(({ event }) => event.id).sort());
    await relay.flush();
    expect(await bench.rowsLeft()).toBe(1);

    await testKafka().then(({ withAdmin }) =>
      withAdmin((admin) => admin.createTopics({ topics: [{ topic: missing }] })),
    );
    await bench.pool.query("UPDATE outbox SET claimed_at = claimed_at - interval '2 minutes'");
    const found = idsOf(await readTopic(bench.kafka, missing, { expect: 2 }));
    expect(found.sort()).toEqual(lost.map(({ event }) => event.id).sort());
    await eventually(async () => (await bench.rowsLeft()) === 0);
  });
});

describe('relay behind a network that drops answers', () => {
  it('loses nothing when produces time out after the append, with more waiting all the time', async () => {
    const { brokers } = await testKafka();
    const proxy = await faultProxy(Number(brokers[0]!.split(':')[1]));
    const throughProxy: ISocketFactory = ({ onConnect }) => connect({ port: proxy.port }, onConnect);
    const kafka = new Kafka({
      brokers,
      socketFactory: throughProxy,
      retry: { retries: 1 },
      logLevel: logLevel.NOTHING,
    });
    const commands = await topicPair('answers');
    const relay = bench.relay({ kafka, sendDeadlineMs: 300, sweepAfterMs: 60_000 });
    const outbox = new Outbox({ pool: bench.pool, relay });
    const failuresBefore = await total(relayFailures);

    const sent: string[] = [];
    let faulty = true;
    const load = async () => {
      while (faulty) {
        const messages = outgoing(commands, 3);
        await outbox.transaction(async (tx) => tx.publish(messages));
        sent.push(...messages.map(({ event }) => event.id));
        await pause(5);
      }
    };
    const loads = [load(), load(), load()];
    for (let round = 0; round < 5; round++) {
      await pause(300);
      proxy.dropReplies();
      await pause(500);
      await proxy.pass();
    }
    faulty = false;
    await Promise.all(loads);
    await relay.flush();

    const ids = idsOf(await readTopic(bench.kafka, commands, { expect: sent.length }));
    expect(new Set(ids)).toEqual(new Set(sent));
    expect(ids.length, 'no produce was appended and then timed out').toBeGreaterThan(sent.length);
    expect(proxy.counts.droppedReplies).toBeGreaterThan(0);
    expect((await total(relayFailures)) - failuresBefore).toBeGreaterThan(0);
    expect(await bench.rowsLeft()).toBe(0);
    await relay.stop();
    await proxy.close();
  });
});
