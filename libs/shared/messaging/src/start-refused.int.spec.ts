import { Controller } from '@nestjs/common';
import { testTopics } from '@ringshop/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsumerOptions, records, startConsumer, stockController } from './consumer.kit.ts';
import { Commands } from './decorators.ts';
import { type Bench, committedOffsets, openBench, produce, topicPair } from './messaging.kit.ts';

let bench: Bench;
let topic: string;
beforeAll(async () => {
  bench = await openBench();
  topic = await topicPair('refused');
  await produce(bench.kafka, topic, records(3));
});
afterAll(() => bench.close());

const handled: unknown[] = [];
const start = (options: Partial<ConsumerOptions>) =>
  startConsumer(async (batch) => void handled.push(...batch), { kafka: bench.kafka, topics: [topic], ...options });

@Controller()
class ReleaseOnly {
  @Commands('release-stock')
  async release(): Promise<void> {
    throw new Error('is never called');
  }
}

describe('a consumer that is wired wrongly does not start, and says why in one line', () => {
  it('when a message type of its topic has no handler, and nothing is handled or committed', async () => {
    const groupId = `refused-${Math.random()}`;
    const refused = start({ groupId, controllers: [ReleaseOnly] });
    await expect(refused).rejects.toThrow(`topic ${topic} has no handler for reserve-stock, commit-stock`);
    expect(handled).toEqual([]);
    expect(await committedOffsets(bench.kafka, groupId, topic)).toBe(0);
  });

  it('when a topic has no handler at all', async () => {
    await expect(start({ controllers: [] })).rejects.toThrow(
      'has no handler for reserve-stock, release-stock, commit-stock',
    );
  });

  it('when a handler would get nothing', async () => {
    const carries = () => ['release-stock'];
    await expect(start({ carries })).rejects.toThrow('handlers without a topic: reserve-stock, commit-stock');
  });

  it('when the contracts know no message of its topic', async () => {
    const carries = () => [];
    await expect(start({ carries })).rejects.toThrow(`topic ${topic} carries no message of the contracts`);
  });

  it('when a topic or its dead letter topic is missing', async () => {
    await expect(start({ topics: [topic, 'nowhere'] })).rejects.toThrow('missing in Kafka: nowhere, nowhere.dlq');
    const { alone } = await testTopics(['alone']);
    await expect(start({ topics: [alone] })).rejects.toThrow(`missing in Kafka: ${alone}.dlq`);
  });

  it('when a topic is missing that it only writes to', async () => {
    await expect(start({ publishes: ['nobody-hears'] })).rejects.toThrow('missing in Kafka: nobody-hears');
  });

  it('when the largest record would not fit its dead letter topic', async () => {
    const large = await topicPair('large', { 'max.message.bytes': '2097152' });
    await expect(start({ topics: [large] })).rejects.toThrow(`too small for dead letters: ${large}.dlq`);
  });

  it('and starts when nothing is wrong', async () => {
    const consumer = await start({ controllers: [stockController(async () => undefined)] });
    await consumer.close();
  });
});
