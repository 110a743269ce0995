import { isDeadLetterTopic, type Letter, type PlacedRecord, Redrive } from '@ringshop/messaging';
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

interface Values {
  json?: boolean;
  all?: boolean;
  topic?: string;
  id?: string;
}

/** What each verb takes: options besides --json, and whether the id of a letter. */
const verbs = {
  list: { options: ['topic', 'all'], id: false, run: list },
  show: { options: [], id: true, run: show },
  redrive: { options: ['topic', 'id'], id: false, run: redrive },
} as const;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    json: { type: 'boolean' },
    all: { type: 'boolean' },
    topic: { type: 'string' },
    id: { type: 'string' },
  });
  const [verb = '', ...ids] = positionals;
  if (!Object.hasOwn(verbs, verb)) {
    throw new CommandFailed('usage: dead-letters -- list | show <id> | redrive (see --help)');
  }
  const { options, id, run } = verbs[verb as keyof typeof verbs];
  const allowed: readonly string[] = ['json', ...options];
  const other = Object.keys(values).find((name) => !allowed.includes(name));
  if (other) throw new CommandFailed(`${verb} takes no --${other} (see --help)`);
  if (ids.length !== Number(id)) {
    throw new CommandFailed(`${verb} takes ${id ? 'the id of a dead letter' : 'options only'} (see --help)`);
  }
  if (values.topic !== undefined && values.id !== undefined) throw new CommandFailed('redrive takes --topic or --id');
  const kafka = connectKafka((await findSystem()).kafka);
  if (values.topic !== undefined) await refuseUnknown(kafka, values.topic);
  return run(kafka, { ...values, ...(id && { id: ids[0]! }) });
}

const inJson = (value: unknown) => JSON.stringify(value, null, 2);

async function list(kafka: Kafka, { topic, all, json }: Values): Promise<number> {
  const { letters } = await findLetters(kafka, { topic });
  const shown = letters.filter(({ redrivenAt }) => all || redrivenAt === undefined);
  console.log(json ? inJson(shown.map((letter) => letterJson(letter))) : listText(shown));
  return 0;
}

async function show(kafka: Kafka, { id, json }: Values): Promise<number> {
  const { letter, record } = await findOne(kafka, id!);
  console.log(json ? inJson(letterJson(letter, record)) : letterText(letter, record));
  return 0;
}

async function redrive(kafka: Kafka, { topic, id, json }: Values): Promise<number> {
  const keep = ({ topic }: Letter) => isDeadLetterTopic(topic);
  const found = id === undefined ? await findLetters(kafka, { topic, keep }) : (await findOne(kafka, id)).found;
  const sent: Sent[] = [];
  try {
    for await (const one of sendAgain(kafka, found, id)) sent.push(one);
  } finally {
    // Also what was done before Kafka went away.
    console.log(json ? inJson(sent) : redriveText(sent));
  }
  return sent.some(({ refused }) => refused !== undefined) ? 1 : 0;
}

/** Without an id: everything that was not sent again yet. Of what was, and of what lies in place, is told when it was asked for. */
async function* sendAgain(kafka: Kafka, { letters, records }: Found, id: string | undefined): AsyncGenerator<Sent> {
  const open: PlacedRecord[] = [];
  for (const letter of letters) {
    const { redrivenAt, inPlace } = letter;
    if (id !== undefined && letter.id !== id) continue;
    if (!inPlace && redrivenAt === undefined) open.push(records.get(letter.id)!);
    else if (id !== undefined && inPlace) yield { id, refused: 'it lies in the topic it was written to' };
    else if (id !== undefined) yield { id, before: new Date(redrivenAt!).toISOString() };
  }
  const redrive = new Redrive({ kafka });
  try {
    for await (const { letter, refused } of redrive.send(open)) {
      yield { id: letter.id, ...(refused ? { refused } : { to: letter.origin!.topic }) };
    }
  } finally {
    await redrive.close();
  }
}

async function findOne(kafka: Kafka, id: string) {
  const topic = /^(.+)\/\d+\/\d+$/.exec(id)?.[1];
  if (topic === undefined) throw new CommandFailed('the id of a dead letter is <topic>/<partition>/<offset>');
  const found = await findLetters(kafka, { topic, keep: (letter) => letter.id === id });
  const letter = found.letters.find((one) => one.id === id);
  if (!letter) throw new CommandFailed(`there is no dead letter ${id}`);
  return { letter, record: found.records.get(id)!.record, found };
}

async function refuseUnknown(kafka: Kafka, topic: string): Promise<void> {
  const known = (await topicsWithLetters(kafka)).map((name) => name.replace(/\.dlq$/, ''));
  if (known.includes(topic.replace(/\.dlq$/, ''))) return;
  throw new CommandFailed(`there is no topic ${topic}; there are ${[...new Set(known)].join(', ')}`);
}

await runCommand('dead-letters', main);
