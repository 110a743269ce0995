import { paymentCommandsTopic } from '@ringshop/contracts';
import { createKafka, KafkaBatchServer, Outbox, Purge, Relay } from '@ringshop/messaging';
import {
  assertMigrated,
  backoffMs,
  createPool,
  type Health,
  KeyRingFile,
  type Logger,
  type Shutdown,
} from '@ringshop/service-defaults';
import type { PaymentConfig } from './config.ts';
import { migrations } from './migrations/index.ts';
import { Payments } from './payments/payments.ts';
import { Resolver } from './payments/resolver.ts';
import { Settlement } from './payments/settlement.ts';
import { UnresolvedWatch } from './payments/unresolved-watch.ts';
import { AskProvider } from './provider/ask-provider.ts';
import { HttpPaymentProvider } from './provider/http-payment-provider.ts';
import { RetryAfter } from './provider/retry-after.ts';
import { Slots } from './provider/slots.ts';
import { purgeRules } from './purge-rules.ts';

export type PaymentService = ReturnType<typeof createPaymentService>;

/** One replica of payment: its objects, and what its host does with them. */
export function createPaymentService(config: PaymentConfig, logger: Logger) {
  const parts = wire(config, logger);
  return {
    ...parts,
    /** @throws when this replica must not start */
    start: () => start(parts),
    report: (health: Health) => report(parts, health),
    endWith: (shutdown: Shutdown) => endWith(parts, shutdown),
  };
}

type Parts = ReturnType<typeof wire>;

function connectProvider(config: PaymentConfig, connections: number) {
  const { PROVIDER_TIMEOUT_MS: timeoutMs, PROVIDER_RETRY_AFTER_MAX_MS, PROVIDER_PAUSE_MAX_MS } = config;
  const retryAfter = new RetryAfter({ paymentMaxMs: PROVIDER_RETRY_AFTER_MAX_MS, allMaxMs: PROVIDER_PAUSE_MAX_MS });
  return { retryAfter, provider: new HttpPaymentProvider(config.PROVIDER_URL, { timeoutMs, connections, retryAfter }) };
}

/** By hand: who needs what is read here from top to bottom. */
function wire(config: PaymentConfig, logger: Logger) {
  const {
    PROVIDER_TIMEOUT_MS: timeoutMs,
    PROVIDER_CONCURRENCY: concurrency,
    PROVIDER_PATIENCE_MS: patienceMs,
  } = config;
  const pool = createPool(config.DATABASE_URL, { max: 6, name: config.NAME, logger });
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: config.NAME, logger });
  const relay = new Relay({ kafka, pool, logger, sweepMs: config.OUTBOX_SWEEP_MS, maxProduce: config.BATCH_MAX });
  const outbox = new Outbox({ pool, relay });
  // Half as many again for the resolver, so that new work and old work do not starve each other.
  const resolving = Math.ceil(concurrency / 2);
  const { provider, retryAfter } = connectProvider(config, concurrency + resolving);
  const ask = new AskProvider(provider, config.PAYMENT_TOKEN_KEYS);
  const settlement = new Settlement(outbox, '/payment');
  const retryMs = (failures: number) => backoffMs(failures, config.RETRY_MIN_MS, config.RETRY_MAX_MS);
  const slots = new Slots(concurrency);
  const payments = new Payments({ ask, settlement, slots, retryAfter, patienceMs, timeoutMs, retryMs, logger });
  const resolver = new Resolver({
    pool,
    ask,
    payments,
    retryAfter,
    retryMs,
    logger,
    sweepMs: config.RESOLVE_SWEEP_MS,
    // A look-up, then a replay, each up to its time-out.
    leaseMs: 2 * timeoutMs + 1_000,
    concurrency: resolving,
  });
  const unresolved = new UnresolvedWatch({ pool, everyMs: 5_000, noteAfterMs: config.UNRESOLVED_NOTE_MS, logger });
  const commands = new KafkaBatchServer({
    kafka,
    groupId: 'payment',
    topics: [paymentCommandsTopic],
    probe: () => pool.query('SELECT'),
    logger,
    sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    maxBatch: config.BATCH_MAX,
  });
  const purge = new Purge({ pool, logger, everyMs: config.PURGE_EVERY_MS, rules: purgeRules(config) });
  const tokenKeys = new KeyRingFile({
    ring: config.PAYMENT_TOKEN_KEYS,
    path: config.PAYMENT_TOKEN_KEYS_FILE,
    name: 'PAYMENT_TOKEN_KEYS_FILE',
    logger,
  });
  return { pool, relay, provider, payments, resolver, unresolved, commands, purge, tokenKeys };
}

async function start({ pool, relay, resolver, unresolved, purge, tokenKeys }: Parts): Promise<void> {
  await assertMigrated(pool, migrations);
  relay.start();
  resolver.start();
  unresolved.start();
  purge.start();
  tokenKeys.start();
}

function report({ commands, relay, unresolved }: Parts, health: Health): void {
  health.register('relay', { note: relay.note });
  health.register('provider', { note: unresolved.note });
  health.register('commands', { live: commands.live, ready: commands.ready, note: commands.note });
}

function endWith({ pool, relay, provider, resolver, unresolved, purge, tokenKeys }: Parts, shutdown: Shutdown): void {
  shutdown.register('consumers', 'purging', () => purge.stop());
  shutdown.register('consumers', 'token keys', () => tokenKeys.stop());
  shutdown.register('relay', 'relay', async () => {
    await Promise.all([resolver.stop(), unresolved.stop()]);
    await relay.stop();
  });
  shutdown.register('pools', 'provider', () => provider.close());
  shutdown.register('pools', 'pool', () => pool.end());
}
