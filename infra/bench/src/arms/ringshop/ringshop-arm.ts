import { join } from 'node:path';
import { type SystemOptions, startSystem } from '@ringshop/local';
import type { Arm, Bench, StartArm } from '../arm.ts';
import { Shop } from './shop.ts';

/**
 * 256 orders in flight take about half a second on two cores: with the default a closed loop of so many would be refused, stay away
 * for a second, and not have them in flight.
 */
const patient = { ADMISSION_QUEUE_MS: '1000' };
const isPatient = 'orders may wait for a second in queues (ADMISSION_QUEUE_MS=1000), which is longer than by default';
const underLoad = ['Kafka with its optimising compiler', isPatient];

/** The whole real system, over HTTP and Kafka, for load. */
export const startRingshop: StartArm = (bench) =>
  openShop(
    bench,
    {
      name: 'ringshop',
      title: 'the whole system, over HTTP and Kafka',
      settings: ['2 order shards, one process of every other part', ...underLoad],
    },
    { env: { order: patient } },
  );

/** The same with so many order shards. */
export const startRingshopOf =
  (shards: number): StartArm =>
  (bench) => {
    const order = shards === 1 ? '1 order shard' : `${shards} order shards`;
    const about = {
      name: `ringshop-${shards}`,
      title: `the whole system with ${order}`,
      settings: [`${order}, one process of every other part`, ...underLoad],
    };
    return openShop(bench, about, { shards, env: { order: patient } });
  };

/** As `npm start` starts it, also Kafka's compiler. */
export const startIdleRingshop: StartArm = (bench) =>
  openShop(
    bench,
    { name: 'ringshop', title: 'the whole system', settings: ['as `npm start` starts it'] },
    { kafkaJit: 'c1' },
  );

/** The same services with one message, or one order, a transaction, and one record a produce, as the pattern is usually written. */
export const startTextbook: StartArm = (bench) => {
  const alone = { BATCH_MAX: '1' };
  const about = {
    name: 'textbook',
    title: 'the same saga, one message a transaction',
    settings: [
      'the same services and servers, with BATCH_MAX=1: nothing is done together',
      'messages are handled one after the other, as kafkajs and the Kafka transport of Nest do by default',
      isPatient,
    ],
  };
  return openShop(bench, about, { env: { order: { ...patient, ...alone }, inventory: alone, payment: alone } });
};

async function openShop(
  { dir, signal }: Bench,
  about: Pick<Arm, 'name' | 'title' | 'settings'>,
  { shards = 2, kafkaJit = 'c2', env: more = {} }: Pick<SystemOptions, 'shards' | 'kafkaJit' | 'env'> = {},
): Promise<Arm> {
  // The provider is not what is measured, and has to remember some hundred thousand payments.
  const env = { ...more, simulators: { NODE_OPTIONS: '--max-old-space-size=2048' } };
  const how = { shards, inventoryReplicas: 2, ports: 'free', kafkaJit, env, signal } as const;
  const system = await startSystem({ dir: join(dir, about.name), ...how });
  try {
    return await Shop.open(system, signal, about);
  } catch (error) {
    await system.stop();
    throw error;
  }
}
