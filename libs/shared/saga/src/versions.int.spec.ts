import { type TestDatabase, testDatabase } from '@ringshop/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NewerVersion } from './definitions.ts';
import { type Instance, sagaSchema } from './index.ts';
import { agreed, counted, Ledger, newIds, replyTo, runnerOf } from './ledger.kit.ts';
import { lockSagas } from './sagas.table.ts';
import { refund, type Trip, trip, tripWithCar } from './trip.kit.ts';

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

/** What runs before the deployment, after it, and after the old version was taken out of the code. */
const before = () => runnerOf(ledger, { ...clock, definitions: [trip, refund] });
const after = () => runnerOf(ledger, { ...clock, definitions: [trip, tripWithCar, refund] });
const dropped = () => runnerOf(ledger, { ...clock, definitions: [tripWithCar, refund] });
type Runner = ReturnType<typeof before>;

const begun = async (runner: Runner, definition: typeof trip, count: number) => {
  const ids = newIds(count);
  const data = { card: 'secret', leavesAt: Number.MAX_SAFE_INTEGER };
  await ledger.transaction(async (tx) => runner.begin(tx, definition, ids.map((id) => ({ id, data })))); // biome-ignore format: one line
  return ids;
};
const load = (ids: string[]): Promise<Instance<Trip>[]> => ledger.transaction((tx) => lockSagas(tx, ids));
const resume = (runner: Runner, ids: string[]) =>
  ledger.transaction(async (tx) => runner.intervene(tx, await runner.lock(tx, ids), { kind: 'resume', by: 'Ada' }));
const ends = async () =>
  (
    await database.pool.query<{ end: string }>(
      "SELECT version || ' ' || state || ' ' || count(*) AS end FROM sagas GROUP BY version, state ORDER BY 1",
    )
  ).rows.map(({ end }) => end);

describe('a new version of a definition', () => {
  it('is for what begins with it: what is under way finishes by the version it began with', async () => {
    const old = await begun(before(), trip, 30);
    const of = (from: number, to: number, name: string) => old.slice(from, to).map((id) => replyTo(id, name));
    // At three different steps when the new version comes.
    await before().handleReplies([...of(0, 20, 'booked'), ...of(0, 10, 'roomed')]);
    ledger.take();
    const runner = after();
    await begun(runner, tripWithCar, 10);
    expect(counted(ledger.take())).toEqual({ 'hire-car': 10 });
    await runner.handleReplies([...of(0, 10, 'flight-paid'), ...of(10, 20, 'roomed'), ...of(20, 30, 'booked')]);
    expect(counted(ledger.sent)).toEqual({ 'pay-hotel': 10, 'pay-flight': 10, 'book-hotel': 10 });
    while (ledger.sent.length > 0) await runner.handleReplies(agreed(ledger.take()));
    now += 3_001;
    await runner.sweepDeadlines();
    expect(counted(ledger.sent)).toEqual({ 'return-car': 10 });
    while (ledger.sent.length > 0) await runner.handleReplies(agreed(ledger.take()));
    expect(await ends()).toEqual(['1 completed 30', '2 compensated 10']);
  });

  it('undoes what began before by the steps that were done, not by its own', async () => {
    await begun(before(), trip, 5);
    await before().handleReplies(agreed(ledger.take()));
    ledger.take();
    now += 10_001;
    await after().sweepDeadlines();
    expect(counted(ledger.sent)).toEqual({ 'cancel-hotel': 5 });
    while (ledger.sent.length > 0) await after().handleReplies(agreed(ledger.take()));
    expect(await ends()).toEqual(['1 compensated 5']);
  });
});

describe('an old replica, while a new one starts', () => {
  it('refuses the reply of a saga that is too new for it, and has changed nothing; the new one takes it', async () => {
    const [theirs] = await begun(after(), tripWithCar, 1);
    const [ours] = await begun(before(), trip, 1);
    const batch = agreed(ledger.take());
    await expect(before().handleReplies(batch)).rejects.toThrow(NewerVersion);
    expect(ledger.sent).toEqual([]);
    expect(await load([theirs!])).toMatchObject([{ step: 'car', attempts: 1 }]);
    await after().handleReplies(batch);
    expect(counted(ledger.take())).toEqual({ 'book-hotel': 1, 'pay-flight': 1 });
    expect(await load([ours!])).toMatchObject([{ step: 'hotel' }]);
  });

  it('leaves deadlines of sagas that are too new for it to the new one, and sees to its own', async () => {
    const runner = runnerOf(ledger, { ...clock, definitions: [trip, refund], sweepLimit: 1 });
    const theirs = await begun(after(), tripWithCar, 3);
    await begun(before(), trip, 3);
    ledger.take();
    now += 10_001;
    expect(await runner.sweepDeadlines()).toBe(3);
    expect(counted(ledger.take())).toEqual({ 'cancel-flight': 3 });
    expect(await load(theirs)).toMatchObject(Array(3).fill({ attentionSince: null, deadline: now - 10_001 + 3_000 }));
    expect(await after().sweepDeadlines()).toBe(3);
    expect(counted(ledger.take())).toEqual({ 'return-car': 3 });
  });

  it('parks them when the new one does not come back', async () => {
    const ids = await begun(after(), tripWithCar, 2);
    now += 3_000 + 60_000;
    expect(await before().sweepDeadlines()).toBe(2);
    const [saga] = await load(ids);
    expect(saga).toMatchObject({ attentionSince: now, deadline: now + 5_000 });
    expect(saga!.lastError).toContain('version 2, which this process does not know');
  });
});

describe('a version that was dropped while sagas were under way', () => {
  it('parks each at its deadline with the reason, and refuses its replies for good', async () => {
    const ids = await begun(before(), trip, 2);
    const replies = agreed(ledger.take());
    await expect(dropped().handleReplies(replies)).rejects.toThrow('does not know');
    now += 10_001;
    expect(await dropped().sweepDeadlines()).toBe(2);
    const sagas = await load(ids);
    expect(sagas).toMatchObject(Array(2).fill({ state: 'acting', step: 'flight', attentionSince: now }));
    expect(sagas[0]!.lastError).toBe(
      `UnknownVersion: saga ${sagas[0]!.id} is a trip of version 1, which this process does not know`,
    );
    await expect(resume(dropped(), ids)).rejects.toThrow('version 1, which this process does not know');
    expect(ledger.take()).toEqual([]);
  });

  it('goes on when it is back and somebody resumes it: asked again, or given up where it can be', async () => {
    const [waiting, paying] = await begun(before(), trip, 2);
    await before().handleReplies(['booked', 'roomed'].map((name) => replyTo(paying!, name)));
    ledger.take();
    now += 10_001;
    await dropped().sweepDeadlines();
    now += 1_000;
    expect((await resume(before(), [waiting!, paying!])).length).toBe(2);
    expect(await resume(before(), [waiting!, paying!])).toEqual([]);
    await before().sweepDeadlines();
    expect(counted(ledger.sent)).toEqual({ 'pay-flight': 1, 'cancel-flight': 1 });
    while (ledger.sent.length > 0) await before().handleReplies(agreed(ledger.take()));
    expect(await ends()).toEqual(['1 compensated 1', '1 completed 1']);
  });
});
