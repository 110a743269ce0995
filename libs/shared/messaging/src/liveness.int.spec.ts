import { connect } from 'node:net';
import { zstdCompressSync } from 'node:zlib';
import { eventually, faultProxy, testKafka } from '@ringshop/testing';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { records, startConsumer } from './consumer.kit.ts';
import { type Bench, openBench, produce, topicPair } from './messaging.kit.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe('a consumer that is running', () => {
  it('turns liveness red when kafkajs gives up for good, which otherwise nobody would notice', async () => {
    const topic = await topicPair('zstd');
    await produceZstd(topic);
    const consumer = await startConsumer(async () => undefined, { kafka: bench.kafka, topics: [topic] });
    expect(consumer.server.live()).toBeUndefined();
    await eventually(() => consumer.server.live() !== undefined, { within: 30_000 });
    expect(consumer.server.live()).toBe('the consumer died: ZSTD compression not implemented');
    expect(consumer.server.ready()).toBeDefined();
    await consumer.close();
  });

  it('stays ready when Kafka is away, and tells it in a note until it is in its group again', async () => {
    const topic = await topicPair('away');
    const { brokers } = await testKafka();
    const proxy = await faultProxy(Number(brokers[0]!.split(':')[1]));
    const socketFactory = ({ onConnect }: { onConnect: () => void }) => connect({ port: proxy.port }, onConnect);
    const kafka = new kafkajs.Kafka({
      brokers,
      socketFactory,
      retry: { retries: 1 },
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const consumer = await startConsumer(async () => undefined, { kafka, topics: [topic], sessionTimeoutMs: 1_000 });
    await eventually(() => consumer.server.ready() === undefined);
    expect(consumer.server.note()).toBeUndefined();
    await proxy.refuse();
    await eventually(() => consumer.server.note()?.startsWith('not in its consumer group since '));
    expect([consumer.server.ready(), consumer.server.live()]).toEqual([undefined, undefined]);
    await proxy.pass();
    await eventually(() => consumer.server.note() === undefined, { within: 30_000 });
    await consumer.close();
    await proxy.close();
  });

  it('starts while Kafka is away, and handles what waits for it as soon as it is there', async () => {
    const topic = await topicPair('absent');
    const { brokers } = await testKafka();
    const proxy = await faultProxy(Number(brokers[0]!.split(':')[1]));
    const socketFactory = ({ onConnect }: { onConnect: () => void }) => connect({ port: proxy.port }, onConnect);
    const kafka = new kafkajs.Kafka({
      brokers,
      socketFactory,
      retry: { retries: 1 },
      logLevel: kafkajs.logLevel.NOTHING,
    });
    await produce(bench.kafka, topic, records(3));
    await proxy.refuse();
    let handled = 0;
    const consumer = await startConsumer(
      async (batch) => {
        handled += batch.length;
      },
      { kafka, topics: [topic], sessionTimeoutMs: 1_000 },
    );
    expect(consumer.server.ready()).toBe('not in its consumer group yet');
    expect(consumer.server.live()).toBeUndefined();
    await proxy.pass();
    await eventually(() => handled === 3, { within: 30_000 });
    await eventually(() => consumer.server.ready() === undefined && consumer.server.note() === undefined);
    await consumer.close();
    await proxy.close();
  });

  it('arms no timer that fires at once when it is idle', async () => {
    const topic = await topicPair('idle');
    const consumer = await startConsumer(async () => undefined, { kafka: bench.kafka, topics: [topic] });
    await eventually(() => consumer.server.ready() === undefined);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const immediate = timers.mock.calls.filter(([, ms]) => (ms ?? 0) <= 1).length;
    timers.mockRestore();
    await consumer.close();
    expect(immediate).toBeLessThan(20);
  });
});

/** With a codec that kafkajs lacks, for as long as this takes. */
async function produceZstd(topic: string): Promise<void> {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const lacking = CompressionCodecs[CompressionTypes.ZSTD]!;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
    decompress: async () => Promise.reject(new Error('is not read here')),
  });
  const producer = bench.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: records(1), compression: CompressionTypes.ZSTD });
  await producer.disconnect();
  CompressionCodecs[CompressionTypes.ZSTD] = lacking;
}
