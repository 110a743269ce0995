import { isOrderId } from '@ringshop/placement';
import type { SagaLog } from './audit/saga-log.ts';
import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { type Databases, openDatabases } from './databases.ts';
import { askAsOperator } from './operator-call.ts';
import { progressOf } from './saga-progress.ts';
import { findSystem } from './system.ts';
import { table } from './table.ts';
import { timelineText } from './timeline-text.ts';

const help = `usage: npm run sagas -- list [--needs-attention] [--json]
       npm run sagas -- show <orderId> [--json]
       npm run sagas -- resume <orderId> [--as <operatorId>] [--json]

list     the sagas that are under way, oldest first
show     the sagas of one order, over or not, with everything that happened in them
resume   has a saga that needs attention tried again at once. It goes on record who asked; repeated, it changes nothing.

  --needs-attention   only those that have been retried for so long that a person should look
  --as                who you are, a UUID; this machine's operator when it is not said`;

interface SagaRow {
  orderId: string;
  shard: string;
  name: string;
  state: string;
  step: string;
  attempts: number;
  askedAt: Date;
  nextAttemptAt: Date | null;
  needsAttentionSince: Date | null;
  reason: string | null;
  lastError: string | null;
}

/** More than a person reads. */
const shown = 1000;

type LoggedSaga = SagaRow & { createdAt: Date; log: SagaLog };

const columns = `saga_id AS "orderId", $1::text AS shard, name, state, step, attempts, asked_at AS "askedAt",
  deadline AS "nextAttemptAt", attention_since AS "needsAttentionSince", reason, last_error AS "lastError"`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    json: { type: 'boolean' },
    'needs-attention': { type: 'boolean' },
    as: { type: 'string' },
  });
  const [verb = '', orderId, ...rest] = positionals;
  const json = values.json ?? false;
  if (verb === 'list' && !orderId) await list(values['needs-attention'] ?? false, json);
  else if (/^(show|resume)$/.test(verb) && orderId && rest.length === 0) {
    if (!isOrderId(orderId)) throw new CommandFailed(`${orderId} is no order id`);
    await (verb === 'show' ? show(orderId, json) : resume(orderId, json, values.as));
  } else throw new CommandFailed('usage: sagas -- list [--needs-attention] | show <orderId> | resume <orderId>');
  return 0;
}

async function list(parkedOnly: boolean, json: boolean): Promise<void> {
  const which = parkedOnly ? 'AND attention_since IS NOT NULL' : '';
  const sagas = await ofShards(({ shards }) =>
    shards.map(({ name, database }) =>
      database.rows<SagaRow>(
        `SELECT ${columns} FROM sagas WHERE NOT done ${which} ORDER BY saga_id LIMIT ${shown + 1}`,
        [name],
      ),
    ),
  );
  sagas.sort((a, b) => (a.orderId < b.orderId ? -1 : 1));
  if (sagas.splice(shown).length > 0) console.error(`sagas: only the ${shown} oldest are shown`);
  if (json) return console.log(JSON.stringify(sagas, null, 2));
  if (sagas.length === 0) return console.log(parkedOnly ? 'No saga needs attention.' : 'No saga is under way.');
  const head = ['order', 'shard', 'saga', 'state', 'step', 'attempts', 'next attempt', 'note'];
  console.log(table(head, sagas.map(cells)));
}

const cells = (saga: SagaRow) => [
  saga.orderId,
  saga.shard,
  saga.name,
  saga.state,
  saga.step,
  saga.attempts,
  saga.nextAttemptAt?.toISOString() ?? '-',
  noteOf(saga),
];

const noteOf = ({ needsAttentionSince, lastError }: SagaRow) =>
  [needsAttentionSince && `needs attention since ${needsAttentionSince.toISOString()}`, lastError]
    .filter(Boolean)
    .join(': ');

async function show(orderId: string, json: boolean): Promise<void> {
  const sagas = await ofShards(({ shards }) =>
    shards.map(({ name, database }) =>
      database.rows<LoggedSaga>(
        `SELECT ${columns}, created_at AS "createdAt", log FROM sagas WHERE saga_id = $2 ORDER BY created_at`,
        [name, orderId],
      ),
    ),
  );
  if (sagas.length === 0) throw new CommandFailed(`no shard has a saga of ${orderId}`);
  if (json) console.log(JSON.stringify(sagas.map(withProgress), null, 2));
  else console.log(sagas.map(textOf).join('\n\n'));
}

const withProgress = (saga: LoggedSaga) => ({ ...saga, ...progressOf(saga.log) });

function textOf(saga: LoggedSaga): string {
  const { done, undone, asking } = progressOf(saga.log);
  const entries = saga.log.map(([at, what, detail = '', times = 1]) => ({
    at: new Date(saga.createdAt.getTime() + at).toISOString(),
    what,
    detail: times > 1 ? `${detail} (${times} times)` : detail,
  }));
  const next = saga.nextAttemptAt && `, attempt ${saga.attempts}, the next at ${saga.nextAttemptAt.toISOString()}`;
  return [
    `${saga.name} of ${saga.orderId} on ${saga.shard}: ${saga.state}${saga.reason ? ` (${saga.reason})` : ''}`,
    ...(noteOf(saga) ? [noteOf(saga)] : []),
    `done:   ${done.join(', ') || '-'}`,
    `undone: ${undone.join(', ') || '-'}`,
    ...(asking ? [`asking: ${asking}${next ?? ''}`] : []),
    `\n${timelineText(entries)}`,
  ].join('\n');
}

interface Resumed {
  resumed: string[];
  notResumed: { name: string; why: string }[];
}

async function resume(orderId: string, json: boolean, operatorId: string | undefined): Promise<void> {
  const path = `/v1/sagas/${orderId}/resume`;
  const answer = await askAsOperator<Resumed>(await findSystem(), { method: 'POST', path, operatorId });
  if (json) return console.log(JSON.stringify(answer, null, 2));
  for (const { name, why } of answer.notResumed) console.error(`sagas: ${name} was not resumed: ${why}`);
  if (answer.resumed.length === 0) return console.log(`Nothing to resume: no saga of ${orderId} needs attention.`);
  console.log(`Asked again at once: ${answer.resumed.join(', ')} of ${orderId}. See: npm run sagas -- show ${orderId}`);
}

async function ofShards<Row>(ask: (databases: Databases) => Promise<Row[]>[]): Promise<Row[]> {
  const databases = await openDatabases((await findSystem()).postgres);
  try {
    return (await Promise.all(ask(databases))).flat();
  } finally {
    await databases.close();
  }
}

await runCommand('sagas', main);
