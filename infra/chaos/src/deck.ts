import type { Random } from './random.ts';

/** Every kind of fault. Each has to be felt at least once, or the run has proved nothing about it. */
export const faultKinds = [
  'kill',
  'pause',
  'restart',
  'broker-restart',
  'flush',
  'delay',
  'swallow',
  'cut',
  'duplicate',
  'failpoint',
  'provider',
  'clock-jump',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export type Parameters = Record<string, string | number>;

/** A fault that can be drawn. */
export interface Card {
  fault: FaultKind;
  /** Kinds of parts, or names of connections, that it can meet. */
  targets: readonly string[];
  /** Milliseconds that it is left broken: from, to. */
  lasts: readonly [number, number];
  parameters?: (random: Random) => Parameters;
  /** Names the card where a run counts it by itself. */
  failpoint?: string;
}

const second = 1_000;
const services = ['order', 'inventory', 'payment'];
const apps = ['gateway', ...services, 'simulators'];
const connections = ['postgres', 'redis', 'kafka', 'provider'];

/** `lock.acquired: block`, whatever the milliseconds. */
export const failpointName = ({ name, action }: Parameters) => `${name}: ${String(action).replace(/:.*/, '')}`;

/** Places in the code where a process is made to die, freeze or block (see `failpoint` of service-defaults). */
const failpoints: [name: string, targets: string[], action: string | ((random: Random) => string)][] = [
  ['outbox.before-commit', services, 'kill'],
  ['outbox.committed', services, 'kill'],
  ['relay.sent', services, 'kill'],
  ['consumer.handled', services, 'kill'],
  ['consumer.before-commit', services, 'kill'],
  ['lock.acquired', ['inventory'], 'kill'],
  ['lock.acquired', ['inventory'], 'stop'],
  ['lock.acquired', ['inventory'], (random) => `block:${random.whole(4, 8) * second}`],
  ['consumer.handled', services, (random) => `block:${random.whole(3, 8) * second}`],
];

const atFailpoints: Card[] = failpoints.map(([name, targets, action]) => ({
  fault: 'failpoint',
  targets,
  lasts: [0, 2 * second],
  failpoint: name,
  parameters: (random) => ({
    name,
    action: typeof action === 'string' ? action : action(random),
    // Not always the first time: work of earlier batches should be under way when it strikes.
    hits: random.whole(1, 12),
  }),
}));

/** One of each, so that a whole deal makes every fault happen. */
export const deck: readonly Card[] = [
  { fault: 'kill', targets: apps, lasts: [0, 3 * second] },
  { fault: 'kill', targets: services, lasts: [0, 3 * second] },
  { fault: 'kill', targets: ['redis', 'postgres'], lasts: [0, 2 * second] },
  { fault: 'pause', targets: apps, lasts: [second, 4 * second] },
  // Longer than a lock lives and than Kafka waits for a member.
  { fault: 'pause', targets: services, lasts: [7 * second, 10 * second] },
  { fault: 'pause', targets: ['redis', 'kafka', 'postgres'], lasts: [second, 4 * second] },
  { fault: 'restart', targets: apps, lasts: [0, 0] },
  { fault: 'restart', targets: ['redis', 'postgres'], lasts: [0, second] },
  {
    fault: 'broker-restart',
    targets: ['kafka'],
    lasts: [0, 3 * second],
    parameters: (random) => ({ signal: random.pick(['SIGTERM', 'SIGKILL']) }),
  },
  { fault: 'flush', targets: ['redis'], lasts: [0, 0], parameters: (random) => ({ times: random.whole(1, 3) }) },
  {
    fault: 'delay',
    targets: connections,
    lasts: [2 * second, 5 * second],
    parameters: (random) => ({ ms: random.whole(20, 400) }),
  },
  {
    fault: 'swallow',
    targets: connections,
    lasts: [second, 5 * second],
    parameters: (random) => ({
      what: random.pick(['requests', 'replies', 'both']),
      // A connection that lost bytes is reset when the fault ends, or stays open and deaf, as behind a router that forgot it.
      afterwards: random.pick(['reset', 'deaf']),
    }),
  },
  {
    fault: 'cut',
    targets: connections,
    lasts: [0, 0],
    parameters: (random) => ({ times: random.whole(1, 4) }),
  },
  {
    fault: 'duplicate',
    targets: ['provider'],
    lasts: [3 * second, 6 * second],
    // The second request comes with the first, or long after its answer.
    parameters: (random) => ({ laterMs: random.pick([0, 50, 2_000]) }),
  },
  {
    fault: 'clock-jump',
    targets: services,
    lasts: [2 * second, 6 * second],
    parameters: (random) => ({ minutes: random.pick([-60, -5, -1, 1, 5, 60]) }),
  },
  ...[
    // Refuses, with or without having done it; is silent; breaks off; answers twice.
    ['http500', 'http500Done', 'http503', 'http429'],
    ['hang', 'hangDone', 'halfAnswer'],
    ['reset', 'resetDone', 'twice'],
  ].map(
    (faults): Card => ({
      fault: 'provider',
      targets: ['provider'],
      lasts: [2 * second, 5 * second],
      parameters: (random) => Object.fromEntries(faults.map((name) => [name, random.whole(3, 12)])),
    }),
  ),
  ...atFailpoints,
];

/**
 * Outages that outlast what waits for them: the deadline of a step (10 s), a request of kafkajs (4 s), a session. Some
 * are mixed into every deal but the first, which has to fit into a minute.
 */
export const longOutages: readonly Card[] = [
  { fault: 'kill', targets: services, lasts: [12 * second, 20 * second] },
  { fault: 'kill', targets: ['redis', 'postgres', 'simulators'], lasts: [8 * second, 15 * second] },
  {
    fault: 'broker-restart',
    targets: ['kafka'],
    lasts: [10 * second, 20 * second],
    parameters: (random) => ({ signal: random.pick(['SIGTERM', 'SIGKILL']) }),
  },
  {
    fault: 'swallow',
    targets: connections,
    lasts: [8 * second, 15 * second],
    parameters: (random) => ({
      what: random.pick(['requests', 'replies', 'both']),
      afterwards: random.pick(['reset', 'deaf']),
    }),
  },
];
