import { type TestDatabase, testDatabase } from '@ringshop/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Instance, sagaSchema } from './index.ts';
import { agreed, begin, counted, Ledger, newIds, replyTo, runnerOf } from './ledger.kit.ts';
import { lockSagas } from './sagas.table.ts';
import type { Trip } from './trip.kit.ts';

let database: TestDatabase;
let ledger: Ledger;
let id: string;
let now = 1_800_000_000_000;
const policy = {
  stepDeadlineMs: 10_000,
  retryMinMs: 100,
  retryMaxMs: 5_000,
  parkAfterMs: 60_000,
  retryParkedMs: 15_000,
  random: () => 0.999_999,
};
const runner = () => runnerOf(ledger, { now: () => now, policy });

beforeAll(async () => {
  database = await testDatabase();
  await database.pool.query(sagaSchema);
  ledger = new Ledger(database);
});
afterAll(() => database.drop());

/** Its hotel was silent, so it is asked to be given back, and nobody answers that either. */
beforeEach(async () => {
  [id] = newIds(1) as [string];
  await begin(ledger, runner(), [id]);
  await runner().handleReplies([replyTo(id, 'booked')]);
  now += 10_000;
  await runner().sweepDeadlines();
  ledger.take();
});

const load = async (): Promise<Instance<Trip>> => (await ledger.transaction((tx) => lockSagas<Trip>(tx, [id])))[0]!;

/** The sweep comes exactly when it is due, and asks nothing before. @returns what it waited, and asked */
async function fails(times: number): Promise<number[]> {
  const waits: number[] = [];
  for (let n = 0; n < times; n++) {
    const { deadline } = await load();
    waits.push(deadline! - now);
    now = deadline! - 1;
    expect(await runner().sweepDeadlines()).toBe(0);
    now = deadline!;
    expect(await runner().sweepDeadlines()).toBe(1);
    expect(counted(ledger.take())).toEqual({ 'cancel-hotel': 1 });
  }
  return waits;
}

describe('acceptance 11: a compensation', () => {
  it('that fails fifty times and then works is asked again with backoff, and the saga ends', async () => {
    const waits = await fails(50);
    expect(waits.slice(0, 8)).toEqual([10_000, 100, 200, 400, 800, 1_600, 3_200, 5_000]);
    expect(Math.max(...waits.slice(1))).toBe(15_000);
    expect(waits.slice(1)).toEqual(waits.slice(1).toSorted((a, b) => a - b));
    expect(await load()).toMatchObject({ state: 'compensating', step: 'hotel', attempts: 51 });
    await runner().handleReplies([replyTo(id, 'hotel-cancelled')]);
    await runner().handleReplies(agreed(ledger.take()));
    expect(await load()).toMatchObject({ state: 'compensated', reason: 'silent', done: true, attentionSince: null });
  });

  it('that never works is parked within the time, asked on for ever, and as good as new when it is resumed', async () => {
    const { askedAt } = await load();
    while ((await load()).attentionSince === null) await fails(1);
    const parked = await load();
    expect(parked.attentionSince! - askedAt).toBeLessThanOrEqual(policy.parkAfterMs + policy.retryMaxMs);
    expect(parked.lastError).toBe('no answer to cancel-hotel');
    expect(new Set(await fails(20))).toEqual(new Set([15_000]));
    expect(await load()).toMatchObject({ attentionSince: parked.attentionSince });
    const resume = () =>
      ledger.transaction(async (tx) =>
        runner().intervene(tx, await runner().lock(tx, [id]), { kind: 'resume', by: 'Ada' }),
      );
    expect(await resume()).toHaveLength(1);
    expect(await resume()).toEqual([]);
    expect(counted(ledger.take())).toEqual({ 'cancel-hotel': 1 });
    expect(await fails(3)).toEqual([10_000, 100, 200]);
  });
});
