import { RetriableError } from '@ringshop/service-defaults';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { records, startConsumer } from './consumer.kit.ts';
import type { Incoming } from './message.ts';
import { type Bench, committedOffsets, openBench, produce, topicPair } from './messaging.kit.ts';

let bench: Bench;
let topic: string;
beforeAll(async () => {
  bench = await openBench();
  topic = await topicPair('batches');
});
afterAll(() => bench.close());

describe('batch server', () => {
  it('starts a new group with the oldest message, all partitions in one batch, each key in its order', async () => {
    const sent = records(60, 20);
    const topic = await topicPair('old-messages');
    await produce(bench.kafka, topic, sent);
    const batches: Incoming[][] = [];
    const consumer = await startConsumer(async (batch) => void batches.push(batch), {
      kafka: bench.kafka,
      topics: [topic],
    });
    const all = () => batches.flat();
    await eventually(() => all().length >= 60);
    expect(
      all()
        .map(({ event }) => event.id)
        .sort(),
    ).toEqual(sent.map(({ id }) => id).sort());
    expect(new Set(batches[0]!.map(({ partition }) => partition)).size).toBe(3);
    for (const { key } of sent.slice(0, 20)) {
      const ofKey = (from: { id: string }[]) => from.map(({ id }) => id);
      expect(
        ofKey(
          all()
            .filter(({ event }) => event.subject === key)
            .map(({ event }) => event),
        ),
      ).toEqual(ofKey(sent.filter((record) => record.key === key)));
    }
    await eventually(async () => (await committedOffsets(bench.kafka, consumer.groupId, topic)) === 60);
    await consumer.close();
  });

  it('goes on where the group has committed', async () => {
    const topic = await topicPair('resume');
    const groupId = `resume-${Math.random()}`;
    const seen: string[] = [];
    const handle = async (batch: Incoming[]) => void seen.push(...batch.map(({ event }) => event.id));
    const first = records(10);
    await produce(bench.kafka, topic, first);
    const before = await startConsumer(handle, { kafka: bench.kafka, topics: [topic], groupId });
    await eventually(() => seen.length >= 10);
    await before.close();
    const second = records(10);
    await produce(bench.kafka, topic, second);
    const after = await startConsumer(handle, { kafka: bench.kafka, topics: [topic], groupId });
    await eventually(() => seen.length >= 20);
    await after.close();
    expect(seen.sort()).toEqual([...first, ...second].map(({ id }) => id).sort());
  });

  it('commits nothing that was not handled: what one member gives up, the next one gets', async () => {
    const topic = await topicPair('given-up');
    const groupId = `given-up-${Math.random()}`;
    const sent = records(10);
    await produce(bench.kafka, topic, sent);
    let calls = 0;
    const neverNow = async () => {
      calls++;
      throw new RetriableError('not now');
    };
    const first = await startConsumer(neverNow, { kafka: bench.kafka, topics: [topic], groupId });
    await eventually(() => calls > 2);
    expect(await committedOffsets(bench.kafka, groupId, topic)).toBe(0);
    await first.close();
    const seen: string[] = [];
    const handle = async (batch: Incoming[]) => void seen.push(...batch.map(({ event }) => event.id));
    const second = await startConsumer(handle, { kafka: bench.kafka, topics: [topic], groupId });
    await eventually(() => seen.length >= 10);
    await second.close();
    expect(seen.sort()).toEqual(sent.map(({ id }) => id).sort());
  });

  it('stops within two seconds when idle', async () => {
    const consumer = await startConsumer(async () => undefined, { kafka: bench.kafka, topics: [topic] });
    await eventually(() => consumer.server.ready() === undefined);
    const from = performance.now();
    await consumer.close();
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});
