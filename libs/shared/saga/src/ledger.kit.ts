import { randomUUID } from 'node:crypto';
import { cloudEventOf } from '@ringshop/contracts';
import type { Incoming, Outbox, Outgoing } from '@ringshop/messaging';
import type { Pool, QueryConfig } from 'pg';
import { SagaRunner, type SagaRunnerOptions } from './index.ts';
import { type TripOutcome, trip, yes } from './trip.kit.ts';

/** Transactions on a real database; what they published is kept here once, and only if, they have committed. */
export class Ledger implements Pick<Outbox, 'transaction'> {
  readonly sent: Outgoing[] = [];
  statements = 0;
  readonly #pool: Pool;

  constructor({ pool }: { pool: Pool }) {
    this.#pool = pool;
  }

  transaction: Outbox['transaction'] = async (work) => {
    const client = await this.#pool.connect();
    const published: Outgoing[] = [];
    const last: QueryConfig[] = [];
    try {
      await client.query('BEGIN');
      const result = await work({
        query: (query: never, values?: unknown[]) => {
          this.statements++;
          return client.query(query, values) as never;
        },
        last: (query) => void last.push(query),
        publish: (messages) => void published.push(...messages),
      });
      for (const query of last) await client.query(query);
      this.statements += last.length;
      await client.query('COMMIT');
      this.sent.push(...published);
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };

  /** What was sent since this was last asked. */
  take = () => this.sent.splice(0);
}

type Options = SagaRunnerOptions<TripOutcome>;

export const runnerOf = (ledger: Ledger, options: Partial<Options> = {}) =>
  new SagaRunner<TripOutcome>({
    definitions: [trip],
    outbox: ledger,
    replyTo: 'trip.replies',
    source: '/trips',
    policy: { stepDeadlineMs: 10_000, retryMinMs: 100, retryMaxMs: 5_000, parkAfterMs: 60_000, retryParkedMs: 15_000 },
    onTransitions: async () => undefined,
    ...options,
  });

export const newIds = (count: number) => Array.from({ length: count }, () => randomUUID());

export const begin = (
  ledger: Ledger,
  runner: ReturnType<typeof runnerOf>,
  ids: string[],
  leavesAt = Number.MAX_SAFE_INTEGER,
) =>
  ledger.transaction(async (tx) =>
    runner.begin(
      tx,
      trip,
      ids.map((id) => ({ id, data: { card: 'secret', leavesAt } })),
    ),
  );

export const replyTo = (subject: string, name: string, traceparent?: string): Incoming => ({
  name,
  event: cloudEventOf({ name, source: '/travel', subject, data: {}, traceparent }),
  topic: 'trip.replies',
  partition: 0,
  offset: '0',
  attempt: 1,
});

const nameOf = ({ event }: Outgoing) => event.type.split('.')[1]!;
/** How often each command was sent. */
export const counted = (sent: Outgoing[]) =>
  Object.fromEntries([...Map.groupBy(sent, nameOf)].map(([name, all]) => [name, all.length]));

/** What participants that agree to everything would answer. */
export const agreed = (sent: Outgoing[]) => sent.map((one) => replyTo(one.event.subject, yes[nameOf(one)]!));
