import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { defaultDir } from '@ringshop/local';
import { personalDataKeysIn } from '@ringshop/setup';
import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { askAsOperator } from './operator-call.ts';
import { type Keys, type Replica, type Rotation, retire, rotate } from './rotation.ts';
import { findSystem } from './system.ts';
import { table } from './table.ts';

const help = `usage: npm run keys -- status [--json]
       npm run keys -- rotate [--compose] [--within <seconds>]
       npm run keys -- retire <kid> [--compose] [--within <seconds>]

The keys for personal data, while everything runs. Killed at any point, the same command goes on.

status   which keys each replica knows and seals with, and how many rows of its shard are under each
rotate   adds a new key, has it seal once every replica knows it, and waits until nothing is under an older one. Where the
         older one of the rotation before has not been retired, it goes on with that rotation
retire   takes a key away under which nothing is any more; then old backups that need it cannot be read

  --compose   the file of keys is in the volume of docker compose, not in .ringshop (or RINGSHOP_SECRETS_DIR)
  --within    how long something may take without getting on; 60 s when it is not said`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    json: { type: 'boolean' },
    compose: { type: 'boolean' },
    within: { type: 'string', default: '60' },
  });
  const [verb, kid, ...rest] = positionals;
  if (!/^\d{1,5}$/.test(values.within)) throw new CommandFailed('--within takes seconds');
  const rotation: Rotation = {
    keys: values.compose ? inCompose : personalDataKeysIn(process.env.RINGSHOP_SECRETS_DIR ?? defaultDir),
    ask: askReplicas,
    note: (text) => console.log(text),
    withinMs: Number(values.within) * 1_000,
  };
  if (verb === 'status' && !kid) await status(values.json ?? false);
  else if (verb === 'rotate' && !kid) await rotate(rotation);
  else if (verb === 'retire' && kid && rest.length === 0) await retire(rotation, kid);
  else throw new CommandFailed('usage: keys -- status | rotate | retire <kid>');
  return 0;
}

async function askReplicas(settled: boolean): Promise<Replica[]> {
  const path = `/v1/keys/personal-data?settled=${settled}`;
  return (await askAsOperator<{ replicas: Replica[] }>(await findSystem(), { method: 'GET', path })).replicas;
}

async function status(json: boolean): Promise<void> {
  const replicas = await askReplicas(false);
  if (json) return console.log(JSON.stringify(replicas, null, 2));
  const counts = (rows: Record<string, number>) =>
    Object.entries(rows)
      .map(([kid, n]) => `${kid}: ${n}`)
      .join(', ') || '-';
  const rows = replicas.map(({ shard, url, error, said }) =>
    said
      ? [said.replica, said.seals, said.opens.join(', '), counts(said.dataKeys), counts(said.addresses)]
      : [`${shard} at ${url}`, error ?? '-', '-', '-', '-'],
  );
  console.log(table(['replica', 'seals', 'opens', 'customers by key', 'older addresses by key'], rows));
}

const run = promisify(execFile);
const edit = async (...args: string[]) => {
  const program = ['compose', 'run', '--rm', '--no-deps', '-T', 'setup', 'node', 'infra/setup/dist/edit-keys.js'];
  const { stdout } = await run('docker', [...program, ...args]);
  return stdout.trim().split('\n').at(-1)!.split(',');
};
const inCompose: Keys = {
  kids: () => edit('list'),
  add: () => edit('add'),
  putFirst: (kid) => edit('first', kid),
  remove: (kid) => edit('remove', kid),
};

await runCommand('keys', main);
