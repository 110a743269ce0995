import { RetriableError } from '@ringshop/service-defaults';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handleAll } from './batch-handler.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { Handle, Received } from './received.ts';

const retry = { maxAttempts: 3, retryMinMs: 0, retryMaxMs: 0 };
const run = () => ({ signal: new AbortController().signal, logger: undefined, dead: [] as DeadLetter[] });

const message = (offset: number, subject: string, handle: Handle) =>
  ({
    event: { subject },
    offset: String(offset),
    record: { offset },
    handle,
    attempt: 1,
    failedAlone: 0,
  }) as unknown as Received;

/** Two handlers that note what they get, and throw for the messages in `poison`, as a transaction would: nothing is done. */
function handlers(poison: (message: Received) => boolean) {
  const done: Received[] = [];
  const calls: number[] = [];
  const make = (): Handle => async (batch) => {
    calls.push(batch.length);
    if (batch.some(poison)) throw new Error('poison');
    done.push(...batch);
  };
  return { done, calls, all: [make(), make()] as const };
}

describe('handleAll', () => {
  it('hands every message to its handler once, keys in order, and poison to the dead letters', async () => {
    const messages = fc.array(
      fc.record({ key: fc.integer({ max: 4, min: 0 }), one: fc.boolean(), bad: fc.boolean() }),
      {
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(messages, async (specs) => {
        const bad = new Set(specs.flatMap(({ bad }, at) => (bad ? [String(at)] : [])));
        const { done, all } = handlers(({ offset }) => bad.has(offset));
        const context = run();
        const received = specs.map(({ key, one }, at) => message(at, `key-${key}`, all[one ? 0 : 1]));
        await handleAll(received, retry, context);
        expect(new Set(context.dead.map(({ record }) => String(record.offset)))).toEqual(bad);
        expect(done).toHaveLength(specs.length - bad.size);
        for (let key = 0; key < 5; key++) {
          const offsets = done
            .filter(({ event }) => event.subject === `key-${key}`)
            .map(({ offset }) => Number(offset));
          expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('calls one handler once for all of its messages when nothing is wrong', async () => {
    const { calls, all } = handlers(() => false);
    await handleAll(
      Array.from({ length: 100 }, (_, at) => message(at, `key-${at % 7}`, all[0])),
      retry,
      run(),
    );
    expect(calls).toEqual([100]);
  });

  it('finds one poison among many in few calls, and says how often it was tried', async () => {
    const { calls, all } = handlers(({ offset }) => offset === '77');
    const context = run();
    await handleAll(
      Array.from({ length: 128 }, (_, at) => message(at, 'key', all[0])),
      retry,
      context,
    );
    expect(calls.length).toBe(1 + 2 * 7 + 2);
    expect(context.dead).toMatchObject([{ record: { offset: 77 }, attempts: 7 + 3 }]);
  });

  it('retries what is transient without counting it, until it is stopped', async () => {
    let calls = 0;
    const stop = new AbortController();
    const failing: Handle = async () => {
      if (++calls === 50) stop.abort();
      throw new RetriableError('the database is away');
    };
    const context = { ...run(), signal: stop.signal };
    const messages = [message(0, 'key', failing)];
    await expect(handleAll(messages, retry, context)).rejects.toThrow('aborted');
    expect(calls).toBe(50);
    expect(context.dead).toEqual([]);
    expect(messages[0]!.attempt).toBe(1);
  });
});
