import { eventually } from '@ringshop/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { records, startConsumer } from './consumer.kit.ts';
import { claimInbox } from './inbox.ts';
import type { Incoming } from './message.ts';
import { type Bench, committedOffsets, openBench, produce, topicPair } from './messaging.kit.ts';
import { Outbox } from './outbox.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.pool.query('CREATE TABLE effects (message_id text, by_member text)');
});
afterEach(() => bench.stopRelays());
afterAll(() => bench.close());

describe('rebalance', () => {
  it('does not come from a handler that takes longer than the session: heart-beats go on meanwhile', async () => {
    const topic = await topicPair('slow');
    await produce(bench.kafka, topic, records(5));
    let calls = 0;
    const slow = async () => {
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 4_000));
    };
    const consumer = await startConsumer(slow, { kafka: bench.kafka, topics: [topic], sessionTimeoutMs: 1_500 });
    await eventually(async () => (await committedOffsets(bench.kafka, consumer.groupId, topic)) === 5);
    await consumer.close();
    expect(calls).toBe(1);
  });

  it('holds the others up only for a moment when a member comes or goes, however long the session', async () => {
    const topic = await topicPair('restarts');
    const groupId = `restarts-${Math.random()}`;
    const options = { kafka: bench.kafka, topics: [topic], groupId, sessionTimeoutMs: 60_000 };
    const handled: Incoming[] = [];
    const stays = await startConsumer(async (batch) => void handled.push(...batch), options);
    await eventually(() => stays.server.ready() === undefined, { within: 30_000 });
    const restarts = await startConsumer(async () => undefined, options);
    await eventually(() => restarts.server.ready() === undefined, { within: 5_000, what: 'joining' });
    await restarts.close();
    await produce(bench.kafka, topic, records(30));
    await eventually(() => handled.length === 30, { within: 5_000, what: 'the one that is left, with all partitions' });
    await stays.close();
  });

  it('lets a zombie batch have its effect once: of the two that handle it, one is told that it is late', async () => {
    const topic = await topicPair('zombie');
    const outbox = new Outbox({ pool: bench.pool, relay: bench.relay() });
    const handledBy = { slow: 0, quick: 0 };
    const taken = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const handler = (member: keyof typeof handledBy) => async (batch: Incoming[]) => {
      if (member === 'slow') {
        taken.resolve();
        await release.promise;
      }
      handledBy[member] += batch.length;
      await outbox.transaction(async (tx) => {
        const fresh = [
          ...(await claimInbox(
            tx,
            'stock',
            batch.map(({ event }) => event.id),
          )),
        ];
        await tx.query('INSERT INTO effects SELECT unnest($1::text[]), $2', [fresh, member]);
      });
    };
    const sent = records(40);
    await produce(bench.kafka, topic, sent);
    const groupId = `zombie-${Math.random()}`;
    const options = { kafka: bench.kafka, topics: [topic], groupId, sessionTimeoutMs: 3_000 };
    const slow = await startConsumer(handler('slow'), options);
    await taken.promise;
    // The group gives up on the busy member, and hands its partitions, uncommitted as they are, to the other one.
    const quick = await startConsumer(handler('quick'), options);
    await eventually(() => handledBy.quick > 0, { within: 30_000, what: 'a member that takes over' });
    release.resolve();
    await eventually(() => handledBy.slow > 0);
    await eventually(async () => (await committedOffsets(bench.kafka, groupId, topic)) === 40, { within: 30_000 });
    await Promise.all([slow.close(), quick.close()]);
    expect(handledBy.slow + handledBy.quick, 'nothing was handled twice, so nothing is proven').toBeGreaterThan(40);
    const { rows } = await bench.pool.query<{ message_id: string }>('SELECT message_id FROM effects ORDER BY 1');
    expect(rows.map((row) => row.message_id)).toEqual(sent.map(({ id }) => id).sort());
  });
});
