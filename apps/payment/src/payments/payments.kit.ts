import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudEvent, cloudEventOf, readMessage } from '@ringshop/contracts';
import { createKafka, type Incoming, Outbox, Relay } from '@ringshop/messaging';
import { createLogger, createPool, KeyRing, type Pool, seal } from '@ringshop/service-defaults';
import { type RunningSimulators, startSimulators } from '@ringshop/simulators';
import { eventually, type TestDatabase, testDatabase } from '@ringshop/testing';
import { DataSource } from 'typeorm';
import { migrations } from '../migrations/index.ts';
import { AskProvider } from '../provider/ask-provider.ts';
import { HttpPaymentProvider } from '../provider/http-payment-provider.ts';
import { RetryAfter } from '../provider/retry-after.ts';
import { Slots } from '../provider/slots.ts';
import { Payments } from './payments.ts';
import { Resolver } from './resolver.ts';
import { Settlement } from './settlement.ts';

export const amount = { amount: 1_250, currency: 'EUR' as const };
/** The longest that a `Retry-After` of one payment holds up the others. */
export const pauseMaxMs = 1_000;
export const keys = new KeyRing(new Map([['k1', Buffer.alloc(32, 1)]]));
const logger = createLogger('payment-test', 'silent');

/** For tests that are not about silence: a busy machine is not taken for a provider that does not answer. */
export const patient = { patienceMs: 10_000 };

/** Replicas of payment without their consumers: a test hands them batches, and their replies stay in the outbox. */
export class PaymentsRig {
  simulators!: RunningSimulators;
  pool!: Pool;
  #dataDir!: string;
  #database!: TestDatabase;
  #stops: (() => Promise<void>)[] = [];

  /** Once a file: the provider. */
  readonly open = async (): Promise<void> => {
    this.#dataDir = await mkdtemp(join(tmpdir(), 'payments-'));
    this.simulators = await startSimulators({ DATA_DIR: this.#dataDir });
  };

  readonly close = async (): Promise<void> => {
    await this.simulators.stop();
    await rm(this.#dataDir, { recursive: true });
  };

  /** Before each test: an empty database. */
  readonly begin = async (): Promise<void> => {
    this.#database = await testDatabase();
    const source = await new DataSource({ type: 'postgres', url: this.#database.url, migrations }).initialize();
    await source.runMigrations();
    await source.destroy();
    this.pool = createPool(this.#database.url, { max: 10 });
  };

  readonly end = async (): Promise<void> => {
    for (const stop of this.#stops.splice(0)) await stop();
    const { rows: forgotten } = await this.pool.query(withoutCommand);
    if (forgotten.length > 0) throw new Error(`asked for, and nobody pursues it: ${JSON.stringify(forgotten)}`);
    await this.pool.end();
    await this.#database.drop();
  };

  /** Up again after its kill, on the port it had. */
  readonly restartProvider = async (): Promise<void> => {
    this.simulators = await startSimulators({ DATA_DIR: this.#dataDir, PORT: new URL(this.simulators.url).port });
  };

  readonly replica = async ({
    resolving = true,
    concurrency = 64,
    connections = 100,
    patienceMs = 300,
  } = {}): Promise<{ payments: Payments }> => {
    const { pool } = this;
    const relay = new Relay({ kafka: createKafka({ brokers: ['127.0.0.1:1'], clientId: 'none' }), pool });
    await relay.stop();
    const retryAfter = new RetryAfter({ paymentMaxMs: 60_000, allMaxMs: pauseMaxMs });
    const timeoutMs = 2 * patienceMs;
    const provider = new HttpPaymentProvider(this.simulators.url, { timeoutMs, connections, retryAfter });
    const ask = new AskProvider(provider, keys);
    const settlement = new Settlement(new Outbox({ pool, relay }), '/payment');
    const retryMs = () => 50;
    const slots = new Slots(concurrency);
    const times = { patienceMs, timeoutMs, retryMs };
    const payments = new Payments({ ask, settlement, slots, retryAfter, ...times, logger });
    const resolver = new Resolver({
      ...{ pool, ask, payments, retryAfter, retryMs, logger },
      ...{ sweepMs: 50, leaseMs: 1_500, concurrency: 32 },
    });
    if (resolving) resolver.start();
    this.#stops.push(async () => {
      await resolver.stop();
      await provider.close();
    });
    return { payments };
  };

  /** The names of the replies about an order, oldest first. */
  readonly replies = async (orderId: string): Promise<string[]> =>
    (await this.replyEvents(orderId)).map(({ type }) => type.split('.')[1]!);

  readonly replyEvents = async (orderId: string): Promise<CloudEvent[]> => {
    const { rows } = await this.pool.query<{ messages: { event: CloudEvent }[] }>(
      'SELECT messages FROM outbox ORDER BY id',
    );
    return rows.flatMap((row) => row.messages.map(({ event }) => event)).filter(({ subject }) => subject === orderId);
  };

  /** What the provider's own books say of an order. */
  readonly ledger = async (orderId: string): Promise<object[]> => {
    const response = await fetch(`${this.simulators.url}/payments/ledger`);
    const { payments } = (await response.json()) as { payments: { orderId: string }[] };
    return payments.filter((payment) => payment.orderId === orderId);
  };

  /** Makes so many of the provider's next calls go wrong. */
  readonly setFaults = async (faults: Record<string, number | string>): Promise<void> => {
    const response = await fetch(`${this.simulators.url}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });
    if (!response.ok) throw new Error(`the simulator knows no such faults: ${await response.text()}`);
  };

  /** How many of the faults that were set have not met a call yet. */
  readonly faultsLeft = async (): Promise<number> => {
    const response = await fetch(`${this.simulators.url}/faults`);
    const { left } = (await response.json()) as { left: Record<string, number> };
    return Object.values(left).reduce((sum, count) => sum + count, 0);
  };

  /** Every call that the provider has had about an order, oldest first. */
  readonly calls = async (orderId: string): Promise<{ at: number; verb: string; key: string; fault?: string }[]> => {
    const response = await fetch(`${this.simulators.url}/payments/calls?orderId=${orderId}`);
    return ((await response.json()) as { calls: { at: number; verb: string; key: string }[] }).calls;
  };

  /** Once every command so far has its answer, those too that outlasted the patience of their batch. */
  readonly settled = () => eventually(async () => (await this.unresolved()).length === 0);

  readonly unresolved = async () =>
    (await this.pool.query('SELECT order_id, command, event FROM unresolved_commands')).rows;
}

/** Payments that wait for an answer that nobody asks for any more: whatever a test does, there must be none. */
const withoutCommand = `
  SELECT order_id, state FROM payments p WHERE NOT EXISTS (
    SELECT FROM unresolved_commands c WHERE c.order_id = p.order_id AND c.command = CASE p.state
      WHEN 'authorising' THEN 'authorise-payment' WHEN 'capturing' THEN 'capture-payment'
      WHEN 'voiding' THEN 'void-payment' WHEN 'closing' THEN 'close-payment' END)
  AND p.state IN ('authorising', 'capturing', 'voiding', 'closing')`;

export function incoming(name: string, orderId: string, data: object, expiresat?: string): Incoming {
  const event = cloudEventOf({ name, source: '/order', subject: orderId, data, replyto: 'replies', expiresat });
  return { ...readMessage(JSON.stringify(event)), topic: 'commands', partition: 0, offset: '0', attempt: 1 };
}

export const authorise = (orderId: string, token = 'tok_approve', expiresat?: string) =>
  incoming('authorise-payment', orderId, { amount, token: seal(keys, token, orderId) }, expiresat);
export const voidPayment = (orderId: string) => incoming('void-payment', orderId, {});
export const capture = (orderId: string) => incoming('capture-payment', orderId, { amount });
export const close = (orderId: string) => incoming('close-payment', orderId, { amount });

const none = { authorised: 0, captured: 0, voided: 0, refunded: 0 };
/** A line of the provider's ledger: authorised, and what is given here. */
export const money = (change: Partial<typeof none>) => ({ ...none, authorised: amount.amount, ...change });
