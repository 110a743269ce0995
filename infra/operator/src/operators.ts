import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { type Database, openDatabases } from './databases.ts';
import { findSystem } from './system.ts';
import { table } from './table.ts';

const help = `usage: npm run operators -- log [--json]

log      what operators did, newest first: who, what, to which order, customer or product, and on which database`;

interface Action {
  at: Date;
  who: string;
  what: string;
  /** An order, a customer or a SKU. */
  to: string;
  detail: string;
}

/** More than a person reads. */
const shown = 1000;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { json: { type: 'boolean' } });
  if (positionals.join(' ') !== 'log') throw new CommandFailed('usage: operators -- log');
  const actions = await readActions();
  if (values.json) console.log(JSON.stringify(actions, null, 2));
  else if (actions.length === 0) console.log('No operator has done anything.');
  else console.log(table(['at', 'who', 'what', 'to', 'detail', 'where'], actions.map(cells)));
  return 0;
}

async function readActions() {
  const databases = await openDatabases((await findSystem()).postgres);
  const of = async (database: Database, name: string, to: string) => {
    const actions = await database.rows<Action>(
      `SELECT at, who, what, ${to} AS to, detail FROM operator_actions ORDER BY id DESC LIMIT ${shown}`,
    );
    return actions.map((action) => ({ ...action, where: name }));
  };
  try {
    const all = await Promise.all([
      of(databases.inventory, 'inventory', 'sku'),
      ...databases.shards.map(({ name, database }) => of(database, name, 'coalesce(order_id, customer_id)')),
    ]);
    return all
      .flat()
      .sort((a, b) => b.at.getTime() - a.at.getTime())
      .slice(0, shown);
  } finally {
    await databases.close();
  }
}

const cells = ({ at, who, what, to, detail, where }: Awaited<ReturnType<typeof readActions>>[number]) => [
  at.toISOString(),
  who,
  what,
  to,
  detail,
  where,
];

await runCommand('operators', main);
