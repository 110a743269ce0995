import { registry } from '@ringshop/service-defaults';
import { eventually } from '@ringshop/testing';
import type { Consumer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
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

  it('gives the messages of a member that is cut off from its database to one that is not, until it can work again', async () => {
    const topic = await topicPair('cut-off');
    const groupId = `cut-off-${Math.random()}`;
    const options = { kafka: bench.kafka, topics: [topic], groupId, sessionTimeoutMs: 1_500 };
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    let isCut = true;
    const reach = async () => {
      if (isCut) throw refused;
    };
    const handledBy: Record<'cut' | 'well', Incoming[]> = { cut: [], well: [] };
    const cut = async (batch: Incoming[]) => {
      await reach();
      handledBy.cut.push(...batch);
    };
    const [first, second] = await Promise.all([
      startConsumer(cut, { ...options, probe: reach }),
      startConsumer(async (batch) => void handledBy.well.push(...batch), options),
    ]);
    await eventually(() => !first.server.ready() && !second.server.ready(), { within: 30_000 });
    await produce(bench.kafka, topic, records(60));
    await eventually(() => handledBy.well.length === 60, { within: 20_000, what: 'the other one to handle all' });
    expect(handledBy.cut).toEqual([]);
    expect([first.server.note(), first.server.live()]).toEqual([
      expect.stringContaining('not in its consumer'),
      undefined,
    ]);

    const gauge = await registry.getSingleMetric('ringshop_consumers_out_of_group')!.get();
    expect(gauge.values).toMatchObject([{ value: 1 }]);

    isCut = false;
    await eventually(() => first.server.note() === undefined, { within: 20_000, what: 'it to come back' });
    await produce(bench.kafka, topic, records(60));
    await eventually(() => handledBy.cut.length + handledBy.well.length === 120, { within: 20_000 });
    expect(handledBy.cut.length).toBeGreaterThan(0);
    await Promise.all([first.close(), second.close()]);
  });

  it('lets a member stop that is out of the group because it is cut off', async () => {
    const topic = await topicPair('cut-off-stop');
    const handle = async () => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    };
    const options = { kafka: bench.kafka, topics: [topic], sessionTimeoutMs: 1_500, probe: handle };
    const consumer = await startConsumer(handle, options);
    await produce(bench.kafka, topic, records(1));
    await eventually(() => consumer.server.note() !== undefined && !consumer.server.ready(), { within: 20_000 });
    await consumer.close();
    expect(consumer.server.live()).toBeUndefined();
  });

  it('does not come from a clock that was ahead and is right again', async () => {
    const topic = await topicPair('clock');
    const consumer = await startConsumer(async () => undefined, { kafka: bench.kafka, topics: [topic] });
    const client = consumer.server.unwrap<Consumer>();
    const seen = { beats: 0, joins: 0 };
    client.on(client.events.HEARTBEAT, () => void seen.beats++);
    client.on(client.events.GROUP_JOIN, () => void seen.joins++);
    const beatsMore = (what: string) => {
      const before = seen.beats;
      return eventually(() => seen.beats > before + 1, { within: 20_000, what });
    };
    await beatsMore('the first heartbeats');
    const ahead = vi
      .spyOn(Date, 'now')
      .mockImplementation(() => performance.timeOrigin + performance.now() + 3_600_000);
    await beatsMore('heartbeats of the future');
    ahead.mockRestore();
    seen.joins = 0;
    await beatsMore('heartbeats now');
    expect(seen.joins).toBe(0);
    await consumer.close();
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
