import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import type { Database } from '../databases.ts';
import { readTopics } from '../read-topics.ts';
import type { Invariant, Violation } from './evidence.ts';

/** Searches for the words planted by the probe wherever they could have leaked since. */
export const noSecretsInTheClear: Invariant = {
  id: 'I11',
  title: 'no personal data or secret in logs, Kafka, or in the clear in a database',
  async check({ databases, kafka, logs, probe }) {
    const { placement, inventory, payment, shards } = databases;
    const all = [placement, inventory, payment, ...shards.map(({ database }) => database)];
    const places = (
      await Promise.all([
        ...all.map((database) => inDatabase(database, probe.words)),
        inKafka(kafka, probe.words, probe.startedAt),
        logs ? inLogs(logs, probe.words) : [],
      ])
    ).flat();
    return { checked: places.length, violations: places.flatMap(({ violation }) => violation ?? []) };
  },
};

/** One place that was searched. */
interface Place {
  violation?: Violation;
}

const place = (subject: string, leaked: boolean): Place =>
  leaked
    ? { violation: { subject, problem: 'holds a word that was planted in an address, a name or a payment token' } }
    : {};

async function inDatabase(database: Database, words: string[]): Promise<Place[]> {
  const tables = await database.rows<{ name: string }>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  // Text as it is, bytes as hexadecimal digits.
  const patterns = words.flatMap((word) => [`%${word}%`, `%${Buffer.from(word).toString('hex')}%`]);
  const searches = tables.map(async ({ name }) => {
    const [row] = await database.rows<{ leaked: boolean }>(
      `SELECT EXISTS (SELECT FROM ${name} AS entry WHERE entry::text LIKE ANY ($1)) AS leaked`,
      [patterns],
    );
    return place(`table ${name} of ${database.name}`, row!.leaked);
  });
  return Promise.all(searches);
}

async function inKafka(kafka: Kafka, words: string[], since: number): Promise<Place[]> {
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics().finally(() => admin.disconnect())).filter(
    (topic) => !topic.startsWith('__'),
  );
  const leaks = new Set<string>();
  await readTopics(
    kafka,
    topics,
    ({ topic, key, value, headers }) => {
      const text = `${key} ${value} ${Object.values(headers ?? {}).join(' ')}`;
      if (words.some((word) => text.includes(word))) leaks.add(topic);
    },
    since,
  );
  return topics.map((topic) => place(`topic ${topic}`, leaks.has(topic)));
}

async function inLogs(dir: string, words: string[]): Promise<Place[]> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.log'));
  return Promise.all(
    files.map(async (name) => {
      const text = await tailOf(join(dir, name));
      return place(
        `log ${name}`,
        words.some((word) => text.includes(word)),
      );
    }),
  );
}

/** What the probe wrote is near the end, however long the log is. */
async function tailOf(path: string): Promise<string> {
  const longest = 64 * 1024 * 1024;
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, longest);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString();
  } finally {
    await file.close();
  }
}
