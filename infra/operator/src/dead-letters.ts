import { type PlacedRecord, Redrive } from '@ringshop/messaging';
import type { Kafka } from 'kafkajs';
import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { letterJson, letterText, listText, redriveText, type Sent } from './dead-letters-text.ts';
import { type Found, findLetters, topicsWithLetters } from './find-letters.ts';
import { connectKafka } from './read-topics.ts';
import { findSystem } from './system.ts';

const help = `usage: npm run dead-letters -- list [--topic <topic>] [--all] [--json]
       npm run dead-letters -- show <id> [--json]
       npm run dead-letters -- redrive [--topic <topic> | --id <id>] [--json]

Messages that could not be handled. list tells them, oldest first, with the cause; it also tells of records in order.events
that are no message of its contract, which lie there in place. show prints one with its headers and its value.

redrive sends those that were not sent again yet to the topic they came from, once more as they were, and marks them. It is
safe to repeat: a message has its effect once however often it is delivered. It refuses what is older than its consumers
remember, what came without a known origin, and what lies in place; then it ends with 1.

  --topic   only those that came from this topic, such as payment.commands
  --all     with those that were re-driven already`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    json: { type: 'boolean' },
    all: { type: 'boolean' },
    topic: { type: 'string' },
    id: { type: 'string' },
  });
  const [verb, id, ...rest] = positionals;
  const { topic, all = false, json = false } = values;
  const takes = (options: ('topic' | 'id' | 'all')[], ids: number) => {
    const other = (['topic', 'id', 'all'] as const).find(
      (name) => values[name] !== undefined && !options.includes(name),
    );
    if (other) throw new CommandFailed(`${verb} takes no --${other} (see --help)`);
    if ([id, ...rest].filter((one) => one !== undefined).length !== ids) {
      throw new CommandFailed(`${verb} takes ${ids === 1 ? 'the id of a dead letter' : 'options only'} (see --help)`);
    }
  };
  if (verb !== 'list' && verb !== 'show' && verb !== 'redrive') {
    throw new CommandFailed('usage: dead-letters -- list | show <id> | redrive (see --help)');
  }
  if (verb === 'list') takes(['topic', 'all'], 0);
  if (verb === 'show') takes([], 1);
  if (verb === 'redrive') takes(['topic', 'id'], 0);
  if (values.topic !== undefined && values.id !== undefined) throw new CommandFailed('redrive takes --topic or --id');
  const kafka = connectKafka((await findSystem()).kafka);
  if (verb === 'list') return list(kafka, { topic, all, json });
  if (verb === 'show') return show(kafka, id!, json);
  return redrive(kafka, { topic, id: values.id, json });
}

async function list(kafka: Kafka, { topic, all, json }: { topic: string | undefined; all: boolean; json: boolean }) {
  await refuseUnknown(kafka, topic);
  const { letters } = await findLetters(kafka, { topic });
  const shown = letters.filter(({ redrivenAt }) => all || redrivenAt === undefined);
  console.log(
    json
      ? JSON.stringify(
          shown.map((letter) => letterJson(letter)),
          null,
          2,
        )
      : listText(shown),
  );
  return 0;
}

async function show(kafka: Kafka, id: string, json: boolean): Promise<number> {
  const { letter, record } = await findOne(kafka, id);
  console.log(json ? JSON.stringify(letterJson(letter, record), null, 2) : letterText(letter, record));
  return 0;
}

async function redrive(kafka: Kafka, which: { topic: string | undefined; id: string | undefined; json: boolean }) {
  await refuseUnknown(kafka, which.topic);
  const found = which.id === undefined ? await findLetters(kafka, { topic: which.topic, keep: () => true }) : undefined;
  const sent = await sendAgain(kafka, found ?? (await findOne(kafka, which.id!)).found, which.id);
  console.log(which.json ? JSON.stringify(sent, null, 2) : redriveText(sent));
  return sent.some(({ refused }) => refused !== undefined) ? 1 : 0;
}

/** What was sent again before is told only when it was asked for by its id. */
async function sendAgain(kafka: Kafka, { letters, records }: Found, id: string | undefined): Promise<Sent[]> {
  const asked = letters.filter((letter) => (id === undefined ? letter.redrivenAt === undefined : letter.id === id));
  const inPlace = asked.filter(({ inPlace }) => inPlace && id !== undefined);
  const told: Sent[] = inPlace.map(({ id }) => ({ id, refused: 'it lies in the topic it was written to' }));
  const before = asked.filter(({ redrivenAt }) => redrivenAt !== undefined);
  told.push(...before.map(({ id, redrivenAt }) => ({ id, before: new Date(redrivenAt!).toISOString() })));
  const open = asked.filter(({ inPlace, redrivenAt }) => !inPlace && redrivenAt === undefined);
  const redrive = new Redrive({ kafka });
  try {
    const placed = open.map((letter) => records.get(letter.id)).filter((one): one is PlacedRecord => one !== undefined);
    for await (const { letter, refused } of redrive.send(placed)) {
      told.push({ id: letter.id, ...(refused ? { refused } : { to: letter.origin!.topic }) });
    }
  } finally {
    await redrive.close();
  }
  return told;
}

async function findOne(kafka: Kafka, id: string) {
  const topic = /^(.+)\/\d+\/\d+$/.exec(id)?.[1];
  if (topic === undefined) throw new CommandFailed('the id of a dead letter is <topic>/<partition>/<offset>');
  const found = await findLetters(kafka, { topic, keep: (letter) => letter.id === id });
  const letter = found.letters.find((one) => one.id === id);
  if (!letter) throw new CommandFailed(`there is no dead letter ${id}`);
  return { letter, record: found.records.get(id)!.record, found };
}

async function refuseUnknown(kafka: Kafka, topic: string | undefined): Promise<void> {
  if (topic === undefined) return;
  const known = (await topicsWithLetters(kafka)).map((name) => name.replace(/\.dlq$/, ''));
  if (known.includes(topic.replace(/\.dlq$/, ''))) return;
  throw new CommandFailed(`there is no topic ${topic}; there are ${[...new Set(known)].join(', ')}`);
}

await runCommand('dead-letters', main);
