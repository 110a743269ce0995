import { randomBytes, randomUUID } from 'node:crypto';
import { cloudEventOf, commands } from '@ringshop/contracts';
import { connectKafka } from '@ringshop/operator';
import type { Message } from 'kafkajs';
import type { Shop } from './shop.ts';

/** One way to write to a topic what does not belong there. */
export interface Rubbish {
  kind: string;
  value: Buffer | string | null;
  /** Part of what its dead letter must say. */
  cause: string | RegExp;
}

const order = () => randomUUID();
const replyto = 'order.replies.order-1';

/** The first command of a topic, with data that is valid. */
function commandOf(topic: string) {
  const name = commands.find((command) => command.topic === topic)?.name;
  const amount = { amount: 100, currency: 'EUR' as const };
  if (name === 'reserve-stock') return { name, data: { lines: [{ sku: 'SKU-0001', quantity: 1 }] } };
  return name && { name, data: { amount, token: 'not sealed by anybody' } };
}

/** Rubbish of every kind for one topic. Text that is valid is used for as long as it can be, so that it gets far. */
export function rubbishFor(topic: string): Rubbish[] {
  return [...anywhere(topic), ...(commandOf(topic) ? asCommand(topic) : [])];
}

function anywhere(topic: string): Rubbish[] {
  const wrong = topic === 'inventory.commands' ? 'capture-payment' : 'release-stock';
  const data = wrong === 'capture-payment' ? { amount: { amount: 1, currency: 'EUR' } } : {};
  const stray = cloudEventOf({ name: wrong, source: '/stranger', subject: order(), data, replyto });
  const unknown = { ...stray, id: randomUUID(), type: 'ringshop.constructor.v1' };
  const badData = cloudEventOf({ name: 'reserve-stock', source: '/stranger', subject: order(), data: { lines: [] } });
  return [
    { kind: 'an empty value', value: null, cause: 'empty record' },
    { kind: 'no bytes', value: '', cause: 'empty record' },
    { kind: 'no JSON', value: 'Hello, world', cause: 'not JSON' },
    { kind: 'binary', value: Buffer.from([0xff, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d]), cause: 'not JSON' },
    { kind: 'JSON that is no CloudEvent', value: '{"hello":"world"}', cause: 'not a CloudEvent' },
    { kind: 'JSON null', value: 'null', cause: 'not a CloudEvent' },
    { kind: 'deep JSON', value: '['.repeat(200_000) + ']'.repeat(200_000), cause: /not (JSON|a CloudEvent)/ },
    {
      kind: 'keys of a prototype',
      value: JSON.stringify(unknown).replace('{', '{"__proto__":{"a":1},'),
      cause: 'unknown type',
    },
    { kind: 'a wrong schema', value: JSON.stringify(badData), cause: 'data of reserve-stock' },
    { kind: 'a message of another topic', value: JSON.stringify(stray), cause: /nothing here handles|carries no/ },
    { kind: 'as large as the broker admits', value: randomBytes(largest(topic)), cause: 'not JSON' },
  ];
}

/** What a record batch with one record adds to its value and a short key. */
const framing = 120;
const largest = (topic: string) => (topic.endsWith('.dlq') ? 2 : 1) * 1024 * 1024 - framing;

/** Commands that any contract would let pass. */
function asCommand(topic: string): Rubbish[] {
  const { name, data } = commandOf(topic)!;
  const command = (about: object) =>
    JSON.stringify({ ...cloudEventOf({ name, source: '/stranger', subject: order(), data, replyto }), ...about });
  const rubbish = [
    { kind: 'no replyto', value: command({ replyto: undefined }), cause: 'names no topic for its answer' },
    { kind: 'replyto is no topic for replies', value: command({ replyto: topic }), cause: 'no topic for replies' },
    { kind: 'replyto does not exist', value: command({ replyto: 'order.replies.order-99' }), cause: 'does not exist' },
    {
      kind: 'a subject that is no order',
      value: command({ subject: "'; DROP TABLE orders; --" }),
      cause: 'no order id',
    },
  ];
  if (name === 'reserve-stock') {
    const lines = [{ sku: 'SKU-\0', quantity: 1 }];
    return [...rubbish, { kind: 'text that no database takes', value: command({ data: { lines } }), cause: '0x00' }];
  }
  return [...rubbish, { kind: 'a token that nobody sealed', value: command({}), cause: 'SealBroken' }];
}

/** Writes rubbish to a topic, each piece under its kind as key; one of them again without a key, and one in a transaction. */
export async function litter(shop: Shop, topic: string): Promise<Rubbish[]> {
  const rubbish = rubbishFor(topic);
  const kafka = connectKafka(shop.status.kafka.brokers.split(','));
  const producer = kafka.producer({ maxInFlightRequests: 1 });
  const transactional = kafka.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true });
  await Promise.all([producer.connect(), transactional.connect()]);
  try {
    // Each by itself: the largest one fills a request.
    for (const { kind, value } of rubbish) await producer.send({ topic, messages: [{ key: kind, value } as Message] });
    await producer.send({ topic, messages: [{ key: null, value: 'without a key' }] });
    const transaction = await transactional.transaction();
    await transaction.send({ topic, messages: [{ key: 'in a transaction', value: 'x' }] });
    await transaction.commit();
  } finally {
    await Promise.all([producer.disconnect(), transactional.disconnect()]);
  }
  const more = ['', 'in a transaction'].map((kind) => ({ kind, value: null, cause: 'not JSON' }));
  return [...rubbish, ...more];
}
