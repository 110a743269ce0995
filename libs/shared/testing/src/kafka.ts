import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { freePort, type KafkaServer, startKafka } from '@ringshop/servers';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { askFor } from './ask.ts';
import { testFolder } from './shared-servers.ts';

export interface TestKafka {
  brokers: string[];
  /** Runs `work` with an administrator that is connected for as long as that takes. */
  withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
}

/** The broker that all specs share: use topics and groups of your own, and never stop it. */
export async function testKafka(): Promise<TestKafka> {
  const { brokers } = await askFor('kafka');
  return { brokers, withAdmin: (work) => withAdmin(brokers, work) };
}

async function withAdmin<T>(brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ brokers, clientId: 'test-admin', logLevel: logLevel.NOTHING, retry: { retries: 10 } });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Settings of topics, such as `max.message.bytes`. */
export interface TopicOptions {
  partitions?: number;
  config?: Record<string, string>;
  brokers?: string[];
}

/** Makes topics under names nobody else has: `const { commands, replies } = await testTopics(['commands', 'replies'])`. */
export async function testTopics<N extends string>(
  names: readonly N[],
  { partitions = 6, config = {}, brokers }: TopicOptions = {},
): Promise<Record<N, string>> {
  const suffix = randomBytes(5).toString('hex');
  const topics = Object.fromEntries(names.map((name) => [name, `${name}-${suffix}`])) as Record<N, string>;
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await withAdmin(brokers ?? (await askFor('kafka')).brokers, async (admin) => {
    const wanted = Object.values<string>(topics).map((topic) => ({ topic, numPartitions: partitions, configEntries }));
    await admin.createTopics({ topics: wanted, waitForLeaders: true });
  });
  return topics;
}

/** A broker of one's own for tests that stop, pause or cut it; takes seconds, so share it within the spec file. */
export async function ownKafka(options: { port?: number; advertisedPort?: number } = {}): Promise<{
  server: KafkaServer;
  restart(): Promise<void>;
  stop(): Promise<void>;
}> {
  const dir = testFolder('kafka');
  const port = options.port ?? (await freePort());
  const start = () => startKafka({ ...options, dir, port, ledger: `${dir}/processes` });
  const own = {
    server: await start(),
    restart: async () => {
      await own.server.exited;
      own.server = await start();
    },
    stop: async () => {
      await own.server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return own;
}
