import { type TestDatabase, testDatabase } from '@ringshop/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Instance, type Note, type SomeData, sagaSchema, type Transition } from './index.ts';
import { agreed, begin, counted, Ledger, newIds, replyTo, runnerOf } from './ledger.kit.ts';
import { lockSagas } from './sagas.table.ts';
import type { Trip } from './trip.kit.ts';

let database: TestDatabase;
let ledger: Ledger;
let now = 1_800_000_000_000;
const clock = { now: () => now };

beforeEach(async () => {
  database = await testDatabase();
  await database.pool.query(sagaSchema);
  ledger = new Ledger(database);
  now = 1_800_000_000_000;
});
afterEach(() => database.drop());

const load = (ids: string[]): Promise<Instance<Trip>[]> => ledger.transaction((tx) => lockSagas(tx, ids));
const states = async () =>
  (
    await database.pool.query<{ state: string; n: number }>(
      'SELECT state, count(*)::int AS n FROM sagas GROUP BY state',
    )
  ).rows;
const shuffled = <T>(list: T[]) =>
  list
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);

describe('a batch of 200', () => {
  it('is one transaction with one statement to read and one to write, and tells the application once', async () => {
    const told: Transition<SomeData>[][] = [];
    const runner = runnerOf(ledger, { onTransitions: async (_, transitions) => void told.push(transitions) });
    await begin(ledger, runner, newIds(200));
    expect(ledger.statements).toBe(1);
    for (const [i, command] of ['book-flight', 'book-hotel', 'pay-flight', 'pay-hotel'].entries()) {
      expect(counted(ledger.sent)).toEqual({ [command]: 200 });
      await runner.handleReplies(shuffled(agreed(ledger.take())));
      expect(ledger.statements).toBe(1 + 2 * (i + 1));
    }
    expect(told.map((transitions) => transitions.length)).toEqual([200]);
    expect(told[0]![0]).toMatchObject({ outcome: 'booked', reason: null });
    expect(await states()).toEqual([{ state: 'completed', n: 200 }]);
    expect(ledger.take()).toEqual([]);
  });

  it('delivered three times and in random order sends each command once', async () => {
    const notes: Note[] = [];
    const runner = runnerOf(ledger, { onNotes: (heard) => void notes.push(...heard) });
    await begin(ledger, runner, newIds(200));
    const heard = [];
    for (const command of ['book-flight', 'book-hotel', 'pay-flight', 'pay-hotel']) {
      const sent = ledger.take();
      expect(counted(sent)).toEqual({ [command]: 200 });
      const replies = agreed(sent);
      heard.push(...replies, ...replies);
      await runner.handleReplies(shuffled([...replies, ...heard]));
    }
    await runner.handleReplies(shuffled(heard));
    expect(ledger.take()).toEqual([]);
    expect(notes.filter(({ what }) => what === 'duplicate').length).toBe(notes.length);
    expect(await states()).toEqual([{ state: 'completed', n: 200 }]);
  });
});

describe('deadlines', () => {
  it('fire once with two runners side by side, and none is lost', async () => {
    const others = new Ledger(database);
    const runners = [runnerOf(ledger, { ...clock, sweepLimit: 40 }), runnerOf(others, { ...clock, sweepLimit: 40 })];
    await begin(ledger, runners[0]!, newIds(500));
    ledger.take();
    now += 10_001;
    let swept = 0;
    for (let rounds = 0; rounds < 5; rounds++) {
      const counts = await Promise.all([...runners, ...runners].map((runner) => runner.sweepDeadlines()));
      swept += counts.reduce((sum, count) => sum + count, 0);
    }
    expect(swept).toBe(500);
    expect(ledger.sent.length).toBeGreaterThan(0);
    expect(others.sent.length).toBeGreaterThan(0);
    const sent = [...ledger.take(), ...others.take()];
    expect(counted(sent)).toEqual({ 'cancel-flight': 500 });
    expect(new Set(sent.map(({ event }) => event.subject)).size).toBe(500);
  });

  it('that pass while the reply comes in: the saga goes on or turns back, never both', async () => {
    const runner = runnerOf(ledger, clock);
    await begin(ledger, runner, newIds(200));
    const replies = agreed(ledger.take());
    now += 10_001;
    const sweeper = runnerOf(ledger, { ...clock, sweepLimit: 7 });
    const batches = Array.from({ length: 10 }, (_, i) => replies.slice(i * 20, i * 20 + 20));
    await Promise.all([sweeper.sweepDeadlines(), ...batches.map((batch) => runner.handleReplies(batch))]);
    const sent = counted(ledger.take());
    expect((sent['book-hotel'] ?? 0) + (sent['cancel-flight'] ?? 0)).toBe(200);
  });

  it('of a saga that somebody else has in hand are not waited for', async () => {
    const runner = runnerOf(ledger, clock);
    const [held, free] = newIds(2);
    await begin(ledger, runner, [held!, free!]);
    now += 10_001;
    await ledger.transaction(async (tx) => {
      await lockSagas(tx, [held!]);
      expect(await runner.sweepDeadlines()).toBe(1);
    });
    expect(await runner.sweepDeadlines()).toBe(1);
  });

  it('of sagas that this process may not write are left to others, and do not hide its own', async () => {
    const [theirs, ...ours] = newIds(5).sort();
    const runner = runnerOf(ledger, {
      ...clock,
      sweepLimit: 1,
      mayWrite: async (_, ids) => new Set(ids.filter((id) => id !== theirs)),
    });
    await begin(ledger, runner, [theirs!, ...ours]);
    now += 10_001;
    expect(await runner.sweepDeadlines()).toBe(4);
    expect(await load([theirs!])).toMatchObject([{ state: 'acting', step: 'flight' }]);
    expect(await runnerOf(ledger, clock).sweepDeadlines()).toBe(1);
  });

  it('that a clock set a little too far ahead are waited for: a sweep may have begun before what it reads', async () => {
    const policy = {
      stepDeadlineMs: 20_000,
      retryMinMs: 100,
      retryMaxMs: 5_000,
      parkAfterMs: 60_000,
      retryParkedMs: 15_000,
    };
    await begin(ledger, runnerOf(ledger, { policy, now: () => now + 500 }), newIds(2));
    const sweeper = runnerOf(ledger, { policy, ...clock });
    expect(await sweeper.sweepDeadlines()).toBe(0);
    now += 20_500;
    expect(await sweeper.sweepDeadlines()).toBe(2);
  });

  it('that a clock set an hour too far ahead are not waited for', async () => {
    const ahead = runnerOf(ledger, { now: () => now + 3_600_000 });
    const [silent, asking] = newIds(2);
    await begin(ledger, ahead, [silent!, asking!]);
    await ahead.handleReplies(['booked', 'roomed'].map((name) => replyTo(asking!, name)));
    ledger.take();
    expect(await runnerOf(ledger, clock).sweepDeadlines()).toBe(2);
    expect(counted(ledger.take())).toEqual({ 'cancel-flight': 1, 'pay-flight': 1 });
    expect(await load([asking!])).toMatchObject([
      { askedAt: now, deadline: expect.toSatisfy((at) => at <= now + 100) },
    ]);
  });

  it('of a saga that cannot be moved do not stop the others: it is parked with the reason', async () => {
    const runner = runnerOf(ledger, { ...clock, sweepLimit: 1 });
    const [broken, ...sound] = newIds(3).sort();
    await begin(ledger, runner, [broken!, ...sound]);
    await database.pool.query('UPDATE sagas SET version = 0 WHERE saga_id = $1', [broken]);
    ledger.take();
    now += 10_001;
    expect(await runner.sweepDeadlines()).toBe(3);
    expect(counted(ledger.take())).toEqual({ 'cancel-flight': 2 });
    const [saga] = await load([broken!]);
    expect(saga).toMatchObject({ attentionSince: now, deadline: now + 5_000 });
    expect(saga!.lastError).toContain('version 0');
  });
});

describe('a transaction', () => {
  it('that the application refuses has no effect, and can be repeated', async () => {
    let refuse = true;
    const notOurs = () => new Error('not our slot');
    const hooks: Parameters<typeof runnerOf>[1][] = [
      { mayWrite: async (_, ids) => new Set(refuse ? [] : ids), refusal: notOurs },
      { onTransitions: () => (refuse ? Promise.reject(notOurs()) : Promise.resolve()) },
    ];
    for (const hook of hooks) {
      refuse = true;
      const runner = runnerOf(ledger, hook);
      const [id] = newIds(1);
      await begin(ledger, runner, [id!]);
      ledger.take();
      await expect(runner.handleReplies([replyTo(id!, 'full')])).rejects.toThrow('not our slot');
      expect(ledger.take()).toEqual([]);
      expect(await load([id!])).toMatchObject([{ state: 'acting', done: false }]);
      refuse = false;
      await runner.handleReplies([replyTo(id!, 'full')]);
      expect(await load([id!])).toMatchObject([{ state: 'compensated', reason: 'full', done: true }]);
    }
  });

  it('writes only sagas that changed, and needs leave for these only', async () => {
    const [one, other] = newIds(2);
    const runner = runnerOf(ledger, { mayWrite: async () => new Set([one!]) });
    await begin(ledger, runner, [one!, other!]);
    await runner.handleReplies([replyTo(one!, 'booked'), replyTo(other!, 'roomed')]);
    await runner.handleReplies([replyTo(one!, 'booked')]);
    await expect(runner.handleReplies([replyTo(other!, 'booked')])).rejects.toThrow('must not be written here');
  });

  it('applies several replies to one saga in their order', async () => {
    const runner = runnerOf(ledger);
    const [id] = newIds(1);
    await begin(ledger, runner, [id!]);
    await runner.handleReplies(['booked', 'roomed', 'flight-paid', 'hotel-paid'].map((name) => replyTo(id!, name)));
    expect(await load([id!])).toMatchObject([{ state: 'completed', done: true }]);
  });
});

it('a reply after the saga gave up has its step undone again', async () => {
  const runner = runnerOf(ledger, clock);
  const [id] = newIds(1);
  await begin(ledger, runner, [id!]);
  const booked = agreed(ledger.take());
  now += 10_001;
  await runner.sweepDeadlines();
  await runner.handleReplies(agreed(ledger.take()));
  expect(await load([id!])).toMatchObject([{ state: 'compensated', reason: 'silent' }]);
  await runner.handleReplies(booked);
  expect(counted(ledger.take())).toEqual({ 'cancel-flight': 1 });
  expect((await load([id!]))[0]!.log.at(-1)).toEqual([10_001, 'late', 'booked: cancel-flight sent again']);
});

it('a reply about a saga that nobody knows is counted', async () => {
  const notes: Note[] = [];
  const runner = runnerOf(ledger, { onNotes: (heard) => void notes.push(...heard) });
  const id = newIds(1)[0]!;
  await runner.handleReplies([replyTo(id, 'booked')]);
  expect(notes).toEqual([{ id, what: 'unknown saga', reply: 'booked' }]);
});

it('what is stored is what is loaded, without the secret once it is used', async () => {
  const runner = runnerOf(ledger, clock);
  const [id] = newIds(1);
  await begin(ledger, runner, [id!], now + 60_000);
  now += 123;
  await runner.handleReplies([replyTo(id!, 'booked')]);
  expect(await load([id!])).toEqual([
    {
      id,
      name: 'trip',
      version: 1,
      state: 'acting',
      step: 'hotel',
      attempts: 1,
      askedAt: now,
      deadline: now + 10_000,
      reason: null,
      data: { leavesAt: 1_800_000_060_000 },
      done: false,
      attentionSince: null,
      lastError: null,
      createdAt: now - 123,
      updatedAt: now,
      log: [
        [0, 'sent', 'book-flight'],
        [123, 'reply', 'booked'],
        [123, 'sent', 'book-hotel'],
      ],
    },
  ]);
});

it('a command says where to answer, until when, and in which trace', async () => {
  const runner = runnerOf(ledger, clock);
  const [id] = newIds(1);
  await begin(ledger, runner, [id!]);
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await runner.handleReplies([replyTo(id!, 'booked', trace)]);
  const [first, second] = ledger.take();
  const expiresat = new Date(now + 10_000).toISOString();
  const common = { source: '/trips', subject: id, replyto: 'trip.replies', expiresat };
  expect(first).toMatchObject({ topic: 'travel', event: { ...common, type: 'ringshop.book-flight.v1' } });
  expect(second).toMatchObject({ topic: 'travel', event: { ...common, traceparent: trace } });
});
