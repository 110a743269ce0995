import { randomBytes } from 'node:crypto';
import { eventually } from '@ringshop/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { records, startConsumer } from './consumer.kit.ts';
import { claimInbox } from './inbox.ts';
import { type PlacedRecord, readLetter, redrivenId } from './letter.ts';
import type { Incoming } from './message.ts';
import { type Bench, openBench, produce, readTopic, topicPair } from './messaging.kit.ts';
import { Outbox } from './outbox.ts';
import { Redrive, redriveWithinMs } from './redrive.ts';

let bench: Bench;
let redrive: Redrive;

beforeAll(async () => {
  bench = await openBench();
  redrive = new Redrive({ kafka: bench.kafka });
  await bench.pool.query('CREATE TABLE redriven (message_id text, subject text)');
});
afterEach(() => bench.stopRelays());
afterAll(async () => {
  await redrive.close();
  await bench.close();
});

/** What stands in a dead letter topic: letters and markers. */
async function lettersOf(topic: string, expect: number) {
  const found = await readTopic(bench.kafka, `${topic}.dlq`, { expect });
  const placed = found.map((record): PlacedRecord => ({ topic: `${topic}.dlq`, partition: record.partition, record }));
  const marked = placed.flatMap((one) => redrivenId(one) ?? []);
  const letters = placed.filter((one) => redrivenId(one) === undefined);
  return { letters, marked, open: letters.filter((one) => !marked.includes(readLetter(one).id)) };
}

async function send(letters: PlacedRecord[], now?: number): Promise<(string | undefined)[]> {
  const refused: (string | undefined)[] = [];
  for await (const one of redrive.send(letters, now)) refused.push(one.refused);
  return refused;
}

/** A consumer with an inbox, which cannot stomach a message while it is ill. */
async function consumerOf(topic: string) {
  const outbox = new Outbox({ pool: bench.pool, relay: bench.relay() });
  const patient = { ill: true, handled: 0 };
  const handle = (batch: Incoming[]) =>
    outbox.transaction(async (tx) => {
      if (patient.ill) throw new TypeError('not today');
      const fresh = await claimInbox(
        tx,
        topic,
        batch.map(({ event }) => event.id),
      );
      await tx.query('INSERT INTO redriven SELECT unnest($1::text[]), $2', [[...fresh], topic]);
      patient.handled += batch.length;
    });
  const consumer = await startConsumer(handle, { kafka: bench.kafka, topics: [topic] });
  const effects = async () =>
    (await bench.pool.query<{ id: string }>('SELECT message_id AS id FROM redriven WHERE subject = $1', [topic])).rows;
  return { patient, consumer, effects };
}

describe('a re-drive', () => {
  it('has the effect of each message once, though it is repeated and a crash took the marker of one away', async () => {
    const topic = await topicPair('redrive');
    const { patient, consumer, effects } = await consumerOf(topic);
    const sent = records(3);
    await produce(
      bench.kafka,
      topic,
      sent.map((record) => ({ ...record, headers: { 'x-trace': 'kept' } })),
    );
    const { letters } = await lettersOf(topic, 3);
    patient.ill = false;

    expect(await send(letters)).toEqual([undefined, undefined, undefined]);
    await eventually(() => patient.handled === 3);
    const after = await lettersOf(topic, 6);
    expect(after.marked.sort()).toEqual(letters.map((letter) => readLetter(letter).id).sort());
    expect(after.open).toEqual([]);

    // As after a crash between the message and its marker: the letter looks as if nobody had sent it.
    await send(letters.slice(0, 1));
    await eventually(() => patient.handled === 4);
    await consumer.close();
    expect((await effects()).map(({ id }) => id).sort()).toEqual(sent.map(({ id }) => id).sort());
    const redriven = (await readTopic(bench.kafka, topic, { expect: 7 })).filter(
      (one) => one.headers?.['dlq-redrives'],
    );
    expect(redriven).toHaveLength(4);
    for (const { key, value, headers } of redriven) {
      const original = sent.find((record) => record.value === String(value))!;
      expect(String(key)).toBe(original.key);
      expect(Object.entries(headers!).map(([name, text]) => [name, String(text)])).toEqual([
        ['x-trace', 'kept'],
        ['dlq-redrives', '1'],
      ]);
    }
  });

  it('of a message that dies again is seen on its new letter, which can be re-driven in its turn', async () => {
    const topic = await topicPair('dies-again');
    const { patient, consumer, effects } = await consumerOf(topic);
    const [message] = records(1);
    await produce(bench.kafka, topic, [message!]);
    for (const redrives of [0, 1, 2]) {
      const { open } = await lettersOf(topic, 2 * redrives + 1);
      expect(open.map(readLetter)).toMatchObject([{ redrives, attempts: 3, cause: 'TypeError: not today' }]);
      if (redrives === 2) patient.ill = false;
      await send(open);
    }
    await eventually(() => patient.handled === 1);
    await consumer.close();
    expect(await effects()).toEqual([{ id: message!.id }]);
  });

  it('refuses what is older than its consumers remember, and what came without a known origin', async () => {
    const topic = await topicPair('refused');
    const [message] = records(1);
    const origin = { 'dlq-topic': topic, 'dlq-partition': '0', 'dlq-offset': '7' };
    await produce(bench.kafka, `${topic}.dlq`, [
      { ...message!, headers: origin },
      { ...message!, headers: { ...origin, 'dlq-topic': 'somewhere.else' } },
      { ...message!, headers: { ...origin, 'dlq-offset': 'x' } },
      { key: 'k', value: 'rubbish' },
    ]);
    const { letters } = await lettersOf(topic, 4);
    const known = letters.filter((letter) => readLetter(letter).origin);
    const unknown = letters.filter((letter) => !readLetter(letter).origin);
    expect(unknown).toHaveLength(3);
    expect(await send(unknown)).toEqual(Array(3).fill('where it came from is not known'));
    const [tooOld] = await send(known, Date.now() + redriveWithinMs + 1_000);
    expect(tooOld).toMatch(/too old for its consumer to know whether it had its effect$/);
    expect(await readTopic(bench.kafka, topic)).toEqual([]);
    expect(await send(known, Date.now() + redriveWithinMs - 60_000)).toEqual([undefined]);
  });

  it('takes the age of a message from its own time where that is earlier than its death', async () => {
    const topic = await topicPair('aged');
    const [message] = records(1);
    const time = new Date(Date.now() - redriveWithinMs - 1_000).toISOString();
    const value = JSON.stringify({ ...(JSON.parse(message!.value) as object), time });
    const headers = { 'dlq-topic': topic, 'dlq-partition': '0', 'dlq-offset': '7' };
    await produce(bench.kafka, `${topic}.dlq`, [{ key: 'k', value, headers }]);
    const { letters } = await lettersOf(topic, 1);
    expect(await send(letters)).toEqual([expect.stringContaining(`it is from ${time}`)]);
  });

  it('refuses one that its topic would not take again, and sends the others though they do not fit one produce', async () => {
    const topic = await topicPair('large', { 'max.message.bytes': '2000' });
    const headers = { 'dlq-topic': topic, 'dlq-partition': '0', 'dlq-offset': '7' };
    const sizes = [1_500, 5_000, 1_501, 10];
    const values = sizes.map((size) => ({ key: 'k', value: randomBytes(size), headers }));
    await produce(bench.kafka, `${topic}.dlq`, values);
    const { letters } = await lettersOf(topic, 4);
    const why = 'its topic does not take a record of this size again';
    expect(await send(letters)).toEqual([undefined, why, undefined, undefined]);
    const sent = await readTopic(bench.kafka, topic, { expect: 3 });
    expect(sent.map(({ value }) => value!.length)).toEqual([1_500, 1_501, 10]);
    expect((await lettersOf(topic, 7)).open.map(({ record }) => record.value!.length)).toEqual([5_000]);
  });
});
