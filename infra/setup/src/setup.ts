import { createKafka } from '@ringshop/messaging';
import type { PostgresOptions } from './postgres-options.ts';
import { setUpPostgres } from './set-up-postgres.ts';
import { createTopics, topicsOf } from './topics.ts';
import { waitFor } from './wait-for.ts';

export interface SetupOptions extends PostgresOptions {
  kafkaBrokers: string[];
  replicationFactor?: number;
  /** Told each thing that was done, one line each; nothing when nothing was to be done. */
  onNote?: (note: string) => void;
}

/**
 * Everything that has to be there before the first app starts. Running it again changes nothing; two runs at once
 * take turns. A run that dies half-way is finished by the next.
 * @throws SetupRefused
 */
export async function setup(options: SetupOptions): Promise<void> {
  const note = options.onNote ?? (() => undefined);
  await Promise.all([setUpPostgres(options, note), setUpKafka(options, note)]);
}

async function setUpKafka(options: SetupOptions, note: (text: string) => void) {
  const { kafkaBrokers, shards, replicationFactor = 1, waitMs = 30_000 } = options;
  const admin = createKafka({ clientId: 'ringshop-setup', brokers: kafkaBrokers }).admin();
  try {
    await waitFor('Kafka', waitMs, () => admin.connect());
    const created = await waitFor('Kafka', waitMs, () => createTopics(admin, topicsOf(shards), replicationFactor));
    for (const topic of created) note(`created topic ${topic}`);
  } finally {
    await admin.disconnect();
  }
}
