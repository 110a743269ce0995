import { isOrderId } from '@ringshop/placement';
import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { type Databases, openDatabases } from './databases.ts';
import { findSystem } from './system.ts';
import { table } from './table.ts';
import { timelineText } from './timeline-text.ts';

const help = `usage: npm run sagas -- list [--needs-attention] [--json]
       npm run sagas -- show <orderId> [--json]

Shows the sagas that are under way, oldest first; or one saga, over or not, with everything that happened in it.

  --needs-attention   only those that have been retried for so long that a person should look`;

interface SagaRow {
  orderId: string;
  shard: string;
  name: string;
  state: string;
  step: string;
  attempts: number;
  askedAt: Date;
  needsAttentionSince: Date | null;
  reason: string | null;
  lastError: string | null;
}

const columns = `saga_id AS "orderId", $1::text AS shard, name, state, step, attempts, asked_at AS "askedAt",
  attention_since AS "needsAttentionSince", reason, last_error AS "lastError"`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    json: { type: 'boolean' },
    'needs-attention': { type: 'boolean' },
  });
  const [verb, orderId, ...rest] = positionals;
  const databases = await openDatabases((await findSystem()).postgres);
  try {
    if (verb === 'list' && !orderId) await list(databases, values['needs-attention'] ?? false, values.json ?? false);
    else if (verb === 'show' && orderId && rest.length === 0) await show(databases, orderId, values.json ?? false);
    else throw new CommandFailed('usage: sagas -- list [--needs-attention] | show <orderId>');
  } finally {
    await databases.close();
  }
  return 0;
}

async function list({ shards }: Databases, parkedOnly: boolean, json: boolean): Promise<void> {
  const which = parkedOnly ? 'AND attention_since IS NOT NULL' : '';
  const perShard = shards.map(({ name, database }) =>
    database.rows<SagaRow>(`SELECT ${columns} FROM sagas WHERE NOT done ${which} ORDER BY saga_id LIMIT 1000`, [name]),
  );
  const sagas = (await Promise.all(perShard)).flat().sort((a, b) => (a.orderId < b.orderId ? -1 : 1));
  if (json) return console.log(JSON.stringify(sagas, null, 2));
  if (sagas.length === 0) return console.log(parkedOnly ? 'No saga needs attention.' : 'No saga is under way.');
  const head = ['order', 'shard', 'state', 'step', 'attempts', 'asked at', 'note'];
  console.log(table(head, sagas.map(cells)));
}

const cells = ({ orderId, shard, state, step, attempts, askedAt, needsAttentionSince, lastError }: SagaRow) => [
  orderId,
  shard,
  state,
  step,
  attempts,
  askedAt.toISOString(),
  [needsAttentionSince && 'needs attention', lastError].filter(Boolean).join(': '),
];

async function show({ shards }: Databases, orderId: string, json: boolean): Promise<void> {
  if (!isOrderId(orderId)) throw new CommandFailed(`${orderId} is no order id`);
  for (const { name, database } of shards) {
    const [saga] = await database.rows<SagaRow & { createdAt: Date; log: [number, string, string?, number?][] }>(
      `SELECT ${columns}, created_at AS "createdAt", log FROM sagas WHERE saga_id = $2`,
      [name, orderId],
    );
    if (!saga) continue;
    if (json) return console.log(JSON.stringify(saga, null, 2));
    const { state, step, reason, needsAttentionSince, lastError } = saga;
    console.log(`${saga.name} of ${orderId} on ${name}: ${state}${reason ? ` (${reason})` : ''}, step "${step}"`);
    if (needsAttentionSince) console.log(`needs attention since ${needsAttentionSince.toISOString()}: ${lastError}`);
    const entries = saga.log.map(([at, what, detail = '', times = 1]) => ({
      at: new Date(saga.createdAt.getTime() + at).toISOString(),
      what,
      detail: times > 1 ? `${detail} (${times} times)` : detail,
    }));
    return console.log(`\n${timelineText(entries)}`);
  }
  throw new CommandFailed(`no shard has a saga of ${orderId}`);
}

await runCommand('sagas', main);
