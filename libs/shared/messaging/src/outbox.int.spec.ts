import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, idsOf, openBench, outgoing, readTopic, topicPair } from './messaging.kit.ts';
import { Outbox } from './outbox.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe('outbox', () => {
  it('publishes what a committed transaction published, and is empty afterwards', async () => {
    const topic = await topicPair('commands');
    const relay = bench.relay();
    const outbox = new Outbox({ pool: bench.pool, relay });
    const messages = outgoing(topic, 5);
    await outbox.transaction(async (tx) => tx.publish(messages));
    await relay.flush();
    const records = await readTopic(bench.kafka, topic, { expect: 5 });
    expect(idsOf(records).sort()).toEqual(messages.map(({ event }) => event.id).sort());
    expect(records.map(({ key }) => String(key)).sort()).toEqual(messages.map(({ event }) => event.subject).sort());
    expect(Object.keys(records[0]!.headers!)).toEqual(['content-type']);
    expect(await bench.rowsLeft()).toBe(0);
  });
});
