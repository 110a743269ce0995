import { randomBytes, randomUUID } from 'node:crypto';
import { type CloudEvent, cloudEventOf } from '@ringshop/contracts';
import { createLogger, RetriableError } from '@ringshop/service-defaults';
import { eventually, testKafka } from '@ringshop/testing';
import kafkajs, { type KafkaMessage, type Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commitStock, records, startConsumer } from './consumer.kit.ts';
import type { Incoming } from './message.ts';
import {
  type Bench,
  committedOffsets,
  openBench,
  produce,
  readTopic,
  releaseStock,
  replyTopic,
  topicPair,
} from './messaging.kit.ts';
import { deadLettered } from './metrics.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const header = (letter: KafkaMessage, name: string) => String(letter.headers?.[name]);
const poisonOrder = randomUUID();

/** How large a dead letter of the topic may be from now on. */
async function admitLetters(topic: string, bytes: number): Promise<void> {
  const letters = { type: kafkajs.ConfigResourceTypes.TOPIC, name: `${topic}.dlq` };
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  const { withAdmin } = await testKafka();
  await withAdmin((admin) => admin.alterConfigs({ validateOnly: false, resources: [{ ...letters, configEntries }] }));
}

/** Applies batches the way a transaction does: all of it, or nothing. */
function transactional(check: (message: Incoming) => void) {
  const applied: string[] = [];
  const calls: number[] = [];
  const handle = async (batch: Incoming[]) => {
    calls.push(batch.length);
    for (const message of batch) check(message);
    applied.push(...batch.map(({ event }) => event.id));
  };
  return { applied, calls, handle };
}

describe('poison', () => {
  it('that nobody can read goes to the dead letters byte for byte, with its cause; its neighbours are handled', async () => {
    const topic = await topicPair('unreadable');
    const good = records(20);
    const unknown = { ...releaseStock(), type: 'ringshop.paint-it-red.v1' };
    const wrongSchema = cloudEventOf({ name: 'reserve-stock', source: '/spec', subject: 'o', data: { lines: [] } });
    const event = cloudEventOf({ name: 'stock-released', source: '/spec', subject: 'o', data: {} });
    const bad: [cause: string, record: Message][] = [
      ['not JSON', { key: 'k', value: Buffer.from([0xff, 0x00, 0x7b]), headers: { 'x-trace': ['kept', 'twice'] } }],
      ['empty record', { key: 'k', value: null }],
      ['not a CloudEvent', { key: 'k', value: '{"hello":1}' }],
      ['unknown type ringshop.paint-it-red.v1', { key: null, value: JSON.stringify(unknown) }],
      ['data of reserve-stock: lines', { key: 'k', value: JSON.stringify(wrongSchema) }],
      ['nothing here handles stock-released', { key: 'k', value: JSON.stringify(event) }],
    ];
    await produce(bench.kafka, topic, [...good.slice(0, 10), ...bad.map(([, record]) => record), ...good.slice(10)]);
    const { applied, handle } = transactional(() => undefined);
    const logged: string[] = [];
    const logger = createLogger('spec', 'error', { write: (line: string) => void logged.push(line) });
    const consumer = await startConsumer(handle, { kafka: bench.kafka, topics: [topic], logger });
    const letters = await readTopic(bench.kafka, `${topic}.dlq`, { expect: bad.length });
    await eventually(async () => (await committedOffsets(bench.kafka, consumer.groupId, topic)) === 26);
    await consumer.close();
    expect(applied.sort()).toEqual(good.map(({ id }) => id).sort());
    expect(letters).toHaveLength(bad.length);
    const counted = (await deadLettered.get()).values.find(({ labels }) => labels.topic === topic);
    expect([counted?.value, logged.length], 'whoever watches is told of each').toEqual([bad.length, bad.length]);
    for (const [cause, { key, value, headers }] of bad) {
      const letter = letters.find((one) => header(one, 'dlq-cause').includes(cause))!;
      expect(letter, cause).toBeDefined();
      expect(letter.key && String(letter.key)).toBe(key);
      expect(letter.value).toEqual(value === null ? null : Buffer.from(value));
      expect(header(letter, 'dlq-topic')).toBe(topic);
      expect(header(letter, 'dlq-attempts')).toBe('0');
      if (headers) expect([letter.headers?.['x-trace']].flat().map(String)).toEqual(['kept', 'twice']);
    }
  });

  it('that names no order, or no topic that could take its answer, is refused before any handler sees it', async () => {
    const topic = await topicPair('unanswerable');
    const subject = randomUUID();
    const command = (about: { subject?: string; replyto?: string }) =>
      cloudEventOf({ name: 'release-stock', source: '/spec', subject, data: {}, replyto: replyTopic, ...about });
    const bad: [cause: string, event: CloudEvent][] = [
      ['release-stock names no topic for its answer', { ...command({}), replyto: undefined }],
      ['replyto is no topic for replies', command({ replyto: '__consumer_offsets' })],
      ['the topic for its answer does not exist', command({ replyto: `order.replies.${randomUUID()}` })],
      ['the subject is no order id', command({ subject: "'; DROP TABLE orders" })],
      ['the subject is no order id', command({ subject: subject.toUpperCase() })],
      ['the subject is no order id', command({ subject: subject.replaceAll('-', '') })],
    ];
    const good = records(10);
    const values = bad.map(([, event]) => ({ key: 'k', value: JSON.stringify(event) }));
    await produce(bench.kafka, topic, [...good.slice(0, 5), ...values, ...good.slice(5)]);
    const { applied, calls, handle } = transactional(() => undefined);
    const consumer = await startConsumer(handle, { kafka: bench.kafka, topics: [topic] });
    const letters = await readTopic(bench.kafka, `${topic}.dlq`, { expect: bad.length });
    await eventually(async () => (await committedOffsets(bench.kafka, consumer.groupId, topic)) === 16);
    await consumer.close();
    expect(applied.sort()).toEqual(good.map(({ id }) => id).sort());
    expect(
      calls.reduce((sum, size) => sum + size, 0),
      'nothing was tried twice',
    ).toBe(10);
    const causes = letters.map((letter) => header(letter, 'dlq-cause'));
    expect(causes.sort()).toEqual(bad.map(([cause]) => `Error: ${cause}`).sort());
  });

  it('as large as the broker admits still fits, whether it came compressed or not', async () => {
    const topic = await topicPair('largest', { 'max.message.bytes': '1048576', 'compression.type': 'uncompressed' });
    // 1 MiB less what a record batch with one record adds to its value.
    const largest = randomBytes(1_048_576 - 80);
    await expect(produce(bench.kafka, topic, [{ key: 'k', value: randomBytes(1_048_576 - 60) }])).rejects.toThrow(
      'large',
    );
    await produce(bench.kafka, topic, [{ key: 'k', value: largest }]);
    const consumer = await startConsumer(async () => undefined, { kafka: bench.kafka, topics: [topic] });
    const [letter] = await readTopic(bench.kafka, `${topic}.dlq`, { expect: 1 });
    await consumer.close();
    expect(letter!.value!.equals(largest)).toBe(true);
  });

  it('in great number is put aside together, also where the dead letter topic admits little more than one record', async () => {
    const topic = await topicPair('many', { 'max.message.bytes': '100000' });
    await admitLetters(topic, 110_000);
    for (let n = 0; n < 6; n++) await produce(bench.kafka, topic, [{ key: 'k', value: randomBytes(90_000) }]);
    for (let n = 0; n < 4; n++) {
      const small = Array.from({ length: 80 }, () => ({ key: 'k', value: randomBytes(1_000) }));
      await produce(bench.kafka, topic, small);
    }
    const consumer = await startConsumer(async () => undefined, { kafka: bench.kafka, topics: [topic] });
    await eventually(async () => (await committedOffsets(bench.kafka, consumer.groupId, topic)) === 326);
    await consumer.close();
    expect(await readTopic(bench.kafka, `${topic}.dlq`)).toHaveLength(326);
  });

  it('is not committed before its dead letter is stored, however long that takes', async () => {
    const topic = await topicPair('not-stored');
    await produce(bench.kafka, topic, [{ key: 'k', value: 'rubbish' }]);
    const logger = createLogger('spec', 'silent');
    const failed = vi.spyOn(logger, 'error');
    const consumer = await startConsumer(async () => undefined, {
      kafka: bench.kafka,
      topics: [topic],
      logger,
      retryMaxMs: 100,
    });
    await eventually(() => consumer.server.ready() === undefined);
    await eventually(async () => (await readTopic(bench.kafka, `${topic}.dlq`)).length === 1);
    await eventually(async () => (await committedOffsets(bench.kafka, consumer.groupId, topic)) === 1);
    // Behind the back of a consumer that has started.
    await admitLetters(topic, 10);
    await produce(bench.kafka, topic, [{ key: 'k', value: 'more rubbish' }]);
    const refusals = () => failed.mock.calls.filter(([, text]) => text?.includes('could not be stored')).length;
    await eventually(() => refusals() > 2);
    expect(await committedOffsets(bench.kafka, consumer.groupId, topic)).toBe(1);
    await admitLetters(topic, 2_097_152);
    await eventually(async () => (await committedOffsets(bench.kafka, consumer.groupId, topic)) === 2);
    expect(await readTopic(bench.kafka, `${topic}.dlq`)).toHaveLength(2);
    await consumer.close();
  });

  it('that its handler cannot stomach is found by halving, and costs nobody else anything', async () => {
    const topic = await topicPair('stomach');
    const good = records(30);
    const poison = commitStock(poisonOrder);
    const at = { key: poisonOrder, value: JSON.stringify(poison) };
    await produce(bench.kafka, topic, [...good.slice(0, 17), at, ...good.slice(17)]);
    const { applied, calls, handle } = transactional((message) => {
      if (message.event.subject === poisonOrder)
        throw new TypeError('cannot read x of undefined', { cause: 'deep down' });
    });
    const consumer = await startConsumer(handle, { kafka: bench.kafka, topics: [topic] });
    const [letter] = await readTopic(bench.kafka, `${topic}.dlq`, { expect: 1 });
    await eventually(async () => (await committedOffsets(bench.kafka, consumer.groupId, topic)) === 31);
    await consumer.close();
    expect(applied.sort()).toEqual(good.map(({ id }) => id).sort());
    expect(header(letter!, 'dlq-cause')).toBe('TypeError: cannot read x of undefined < deep down');
    // Five halvings of 31, and three times alone.
    expect(Number(header(letter!, 'dlq-attempts'))).toBeLessThanOrEqual(5 + 3);
    expect(calls.length).toBeLessThanOrEqual(2 * 5 + 3);
  });

  it('is never what a dead database makes of good messages: they wait until it is back', async () => {
    const topic = await topicPair('database-down');
    const good = records(10);
    await produce(bench.kafka, topic, good);
    let down = 12;
    const { applied, handle } = transactional(() => {
      if (down-- > 0) throw Object.assign(new Error('terminating connection'), { code: '57P01' });
      if (down-- > -4) throw new RetriableError('not yet');
    });
    const consumer = await startConsumer(handle, { kafka: bench.kafka, topics: [topic] });
    await eventually(() => applied.length === 10);
    await consumer.close();
    expect(await readTopic(bench.kafka, `${topic}.dlq`)).toEqual([]);
  });
});
