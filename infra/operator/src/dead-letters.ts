import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { connectKafka, readTopics, type TopicRecord } from './read-topics.ts';
import { findSystem } from './system.ts';
import { table } from './table.ts';

const help = `usage: npm run dead-letters -- list [--json]

Lists the messages that could not be handled, oldest first, with the cause. It reads, and moves nothing.`;

interface DeadLetter {
  topic: string;
  partition: number;
  offset: string;
  /** Where it came from. */
  origin: string;
  key: string;
  cause: string;
  attempts: number;
  at: string;
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { json: { type: 'boolean' } });
  if (positionals.join() !== 'list') throw new CommandFailed('usage: dead-letters -- list');
  const letters = await deadLetters((await findSystem()).kafka);
  if (values.json) console.log(JSON.stringify(letters, null, 2));
  else if (letters.length === 0) console.log('No dead letters.');
  else {
    const head = ['at', 'topic', 'from', 'key', 'attempts', 'cause'];
    console.log(
      table(
        head,
        letters.map((it) => [it.at, it.topic, it.origin, it.key, it.attempts, it.cause]),
      ),
    );
  }
  return 0;
}

async function deadLetters(brokers: string[]): Promise<DeadLetter[]> {
  const kafka = connectKafka(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const topics = await admin.listTopics().finally(() => admin.disconnect());
  const letters: DeadLetter[] = [];
  const dead = topics.filter((topic) => topic.endsWith('.dlq'));
  await readTopics(kafka, dead, (record) => void letters.push(letterOf(record)));
  return letters.sort((a, b) => (a.at < b.at ? -1 : 1));
}

function letterOf({ topic, partition, offset, key, headers = {}, timestamp }: TopicRecord): DeadLetter {
  const header = (name: string) => headers[name]?.toString() ?? '?';
  return {
    topic,
    partition,
    offset,
    origin: `${header('dlq-partition')}@${header('dlq-offset')}`,
    key: printable(key?.toString() ?? ''),
    cause: printable(header('dlq-cause')),
    attempts: Number(header('dlq-attempts')),
    at: headers['dlq-at']?.toString() ?? new Date(Number(timestamp)).toISOString(),
  };
}

/** A key is whatever somebody sent: control characters in it must not reach a terminal. */
const printable = (text: string) => text.replaceAll(/\p{Cc}/gu, '·').slice(0, 200);

await runCommand('dead-letters', main);
