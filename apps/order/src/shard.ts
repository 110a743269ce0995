import { commandTopics, orderEventsTopic, orderRepliesTopic } from '@ringshop/contracts';
import { createKafka, KafkaBatchServer, Outbox, Purge, Relay } from '@ringshop/messaging';
import {
  batchLimits,
  createPool,
  type Health,
  KeyRingFile,
  LoadShedder,
  type Logger,
  Principals,
  type Shutdown,
  statementTimeouts,
} from '@ringshop/service-defaults';
import { DataSource } from 'typeorm';
import { Admission } from './admission/admission.ts';
import { mostGatheredMs } from './admission/departures.ts';
import { OutboxBound } from './admission/outbox-bound.ts';
import type { OrderConfig } from './config.ts';
import { EventStreams } from './following/event-streams.ts';
import { OrderWatch } from './following/order-watch.ts';
import { StatusListener } from './following/status-listener.ts';
import { CancelOrders } from './orders/cancel-orders.ts';
import { OrderEntity } from './orders/order.entity.ts';
import { OrderTimeline } from './orders/order-timeline.ts';
import { Orders } from './orders/orders.ts';
import { PlaceOrders, type PlaceOrdersParts } from './orders/place-orders.ts';
import { OrderReader } from './orders/read-orders.ts';
import { PersonalData } from './personal-data/personal-data.ts';
import { PlacementAuthority } from './placement/placement-authority.ts';
import { purgeRules } from './purge-rules.ts';
import { deadlineSweep } from './sagas/deadline-sweep.ts';
import { OrderSagas } from './sagas/order-sagas.ts';
import { ParkedSagas } from './sagas/parked-sagas.ts';
import { checkStart } from './start-checks.ts';

export type Shard = ReturnType<typeof createShard>;

/** One replica of an order shard: its objects, and what its host does with them. */
export function createShard(config: OrderConfig, logger: Logger) {
  const parts = wire(config, logger);
  return {
    ...parts,
    /** @throws when this replica must not start */
    start: () => start(parts, config.SHARD),
    report: (health: Health) => report(parts, health),
    endWith: (shutdown: Shutdown) => endWith(parts, shutdown),
  };
}

type Parts = ReturnType<typeof wire>;

/** By hand: who needs what is read here from top to bottom. */
function wire(config: OrderConfig, logger: Logger) {
  const { SHARD: shard, PAYMENT_TOKEN_KEYS: tokens, PAYMENT_TOKEN_KEYS_FILE: tokensFile } = config;
  const pool = createPool(config.DATABASE_URL, { max: 8, name: config.NAME, logger });
  const placementPool = createPool(config.PLACEMENT_URL, { max: 2, name: config.NAME, logger });
  const coldReads = coldReadsOf(config);
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: config.NAME, logger });
  const relay = new Relay({ kafka, pool, logger, ...relayOf(config) });
  const outbox = new Outbox({ pool, relay });
  const sagas = new OrderSagas({ outbox, shard, policy: policyOf(config), times: timesOf(config), logger });
  const replies = new KafkaBatchServer({ kafka, logger, probe: () => pool.query('SELECT'), ...groupOf(config) });
  const authority = new PlacementAuthority(placementPool, logger);
  const load = loadOf(config);
  const reader = new OrderReader(pool, coldReads, authority, load);
  const watch = new OrderWatch((orderIds) => reader.many(orderIds));
  const streams = new EventStreams(watch, { mostOfCustomer: config.EVENT_STREAMS_PER_CUSTOMER });
  const personalData = new PersonalData({ config, pool, outbox, reader, load, logger });
  const bound = new OutboxBound(() => relay.backlog, config.OUTBOX_LIMIT);
  const unheard = () => relay.stalled;
  const admission = new Admission({
    ...admissionOf(config),
    unheard: () => unheard() || listener.ready() !== undefined,
  });
  const begin: PlaceOrdersParts['begin'] = (tx, placings) => sagas.begin(tx, placings);
  const placing = new PlaceOrders({
    outbox,
    bound,
    load,
    admission,
    keys: personalData.keys,
    gatherMs: config.GATHER_MS,
    begin,
    maxBatch: config.BATCH_MAX,
  });
  const cancelling = new CancelOrders(outbox, bound, load, (tx, orderIds, read) => sagas.cancel(tx, orderIds, read));
  const orders = new Orders(placing, cancelling, reader, watch, tokens, config.WAITS_PER_CUSTOMER);
  const timeline = new OrderTimeline(pool, load);
  const principals = new Principals(config.INTERNAL_CALL_KEYS);
  const listener: StatusListener = new StatusListener(config.DATABASE_URL, watch, logger, admission);
  const background = {
    sweep: deadlineSweep({ sagas, everyMs: config.DEADLINE_SWEEP_MS, unheard, logger }),
    parked: new ParkedSagas(pool, config.PARKED_COUNT_MS, logger),
    purge: new Purge({ pool, logger, everyMs: config.PURGE_EVERY_MS, rules: purgeRules(config) }),
    tokenKeys: new KeyRingFile({ ring: tokens, path: tokensFile, name: 'PAYMENT_TOKEN_KEYS_FILE', logger }),
  };
  return {
    pool,
    placementPool,
    coldReads,
    relay,
    outbox,
    sagas,
    replies,
    reader,
    watch,
    streams,
    authority,
    orders,
    personalData,
    timeline,
    principals,
    load,
    listener,
    admission,
    ...background,
  };
}

/** All replicas of a shard hear its replies as one group. */
const groupOf = ({ SHARD, KAFKA_SESSION_TIMEOUT_MS, BATCH_MAX }: OrderConfig) => ({
  groupId: SHARD,
  topics: [orderRepliesTopic(SHARD)],
  publishes: [...commandTopics, orderEventsTopic],
  sessionTimeoutMs: KAFKA_SESSION_TIMEOUT_MS,
  maxBatch: BATCH_MAX,
});

const relayOf = ({ OUTBOX_SWEEP_MS, OUTBOX_LIMIT, BATCH_MAX }: OrderConfig) => ({
  sweepMs: OUTBOX_SWEEP_MS,
  maxHeld: 2 * OUTBOX_LIMIT,
  maxProduce: BATCH_MAX,
});

async function start(parts: Parts, shard: string): Promise<void> {
  const { pool, coldReads, authority, relay, listener, sweep, parked, purge, personalData, tokenKeys } = parts;
  await checkStart(pool, authority, shard);
  await coldReads.initialize();
  relay.start();
  listener.start();
  sweep.start();
  parked.start();
  purge.start();
  personalData.start();
  tokenKeys.start();
}

function report({ replies, relay, listener, parked }: Parts, health: Health): void {
  health.register('relay', { note: relay.note });
  health.register('replies', { live: replies.live, ready: replies.ready, note: replies.note });
  health.register('status-listener', { ready: listener.ready });
  health.register('sagas', { note: parked.note });
}

function endWith(parts: Parts, shutdown: Shutdown): void {
  const { pool, placementPool, coldReads, relay, watch, listener, admission, load, sweep, parked, purge } = parts;
  const { personalData, tokenKeys } = parts;
  // First of all: whoever is held here gets an answer, or the server would wait for them.
  shutdown.register('accepting', 'held clients', () => watch.close());
  shutdown.register('consumers', 'admission', () => admission.close());
  shutdown.register('consumers', 'deadlines', () => sweep.stop());
  shutdown.register('consumers', 'parked sagas', () => parked.stop());
  shutdown.register('consumers', 'purging', () => purge.stop());
  shutdown.register('consumers', 'personal data', () => personalData.stop());
  shutdown.register('consumers', 'token keys', () => tokenKeys.stop());
  shutdown.register('relay', 'relay', () => relay.stop());
  shutdown.register('pools', 'load', () => load.close());
  shutdown.register('pools', 'status listener', () => listener.stop());
  shutdown.register('pools', 'cold reads', async () => {
    if (coldReads.isInitialized) await coldReads.destroy();
  });
  for (const each of [pool, placementPool]) shutdown.register('pools', 'pool', () => each.end());
}

const coldReadsOf = (config: OrderConfig) =>
  new DataSource({
    type: 'postgres',
    url: config.DATABASE_URL,
    applicationName: config.NAME,
    entities: [OrderEntity],
    poolSize: 3,
    connectTimeoutMS: 5_000,
    extra: statementTimeouts(),
  });

/**
 * What is counted is the transaction or the read, and not the request around it: a client that waits for its order's end or
 * follows it holds no place.
 */
const loadOf = ({ SHARD, REQUESTS_AT_ONCE_MAX: max, GATHER_MS }: OrderConfig) =>
  new LoadShedder(SHARD, batchLimits(max, mostGatheredMs(GATHER_MS)));

const policyOf = (config: OrderConfig) => ({
  stepDeadlineMs: config.STEP_DEADLINE_MS,
  retryMinMs: config.RETRY_MIN_MS,
  retryMaxMs: config.RETRY_MAX_MS,
  parkAfterMs: config.PARK_AFTER_MS,
  retryParkedMs: config.RETRY_PARKED_MS,
});

const admissionOf = (config: OrderConfig) => ({
  queueMs: config.ADMISSION_QUEUE_MS,
  min: config.ADMISSION_MIN,
  max: config.ADMISSION_MAX,
  initial: config.ADMISSION_INITIAL,
  forgetAfterMs: config.STEP_DEADLINE_MS,
});

const timesOf = (config: OrderConfig) => ({
  confirmMarginMs: config.CONFIRM_MARGIN_MS,
  reserveDeadlineMs: config.RESERVE_DEADLINE_MS,
  authoriseDeadlineMs: config.AUTHORISE_DEADLINE_MS,
});
