import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimInbox } from './inbox.ts';
import { type Bench, openBench } from './messaging.kit.ts';
import { Outbox } from './outbox.ts';

let bench: Bench;
let outbox: Outbox;
beforeAll(async () => {
  bench = await openBench();
  outbox = new Outbox({ pool: bench.pool, relay: bench.relay() });
});
afterAll(async () => {
  await bench.stopRelays();
  await bench.close();
});

const claim = (consumer: string, ids: string[]) =>
  outbox.transaction(async (tx) => [...(await claimInbox(tx, consumer, ids))].sort());

describe('inbox', () => {
  it('returns an id to the first transaction that claims it, and to nobody else', async () => {
    expect(await claim('first', ['a', 'b', 'a'])).toEqual(['a', 'b']);
    expect(await claim('first', ['b', 'c'])).toEqual(['c']);
    expect(await claim('another consumer', ['b'])).toEqual(['b']);
  });

  it('returns an id again when the transaction that claimed it rolled back', async () => {
    const failed = outbox.transaction(async (tx) => {
      await claimInbox(tx, 'rollback', ['a']);
      throw new Error('no effect');
    });
    await expect(failed).rejects.toThrow('no effect');
    expect(await claim('rollback', ['a'])).toEqual(['a']);
  });

  it('lets one of many that claim the same ids at once have each, without a deadlock', async () => {
    // Many, so that the transactions meet in the middle of their statements.
    const ids = Array.from({ length: 5_000 }, (_, at) => `id-${at}`);
    const shuffled = () => ids.toSorted(() => Math.random() - 0.5);
    const claimed = await Promise.all(Array.from({ length: 8 }, () => claim('race', shuffled())));
    expect(claimed.flat().sort()).toEqual(ids.toSorted());
  });
});
