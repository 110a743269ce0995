import { CommandFailed, readArguments, runCommand } from '@ringshop/operator';
import { gatewayBench, gatewayText } from './gateway/gateway-bench.ts';
import type { Goal } from './goal.ts';
import { locks } from './locks/locks.ts';
import { locksText } from './locks/locks-text.ts';
import { writeTables } from './locks/write-tables.ts';
import { peers } from './peers/peers.ts';
import { peersText } from './peers/peers-text.ts';
import { quick } from './quick.ts';
import { table } from './report.ts';

const help = `usage: npm run bench -- quick [--json]
       npm run bench -- locks [--json] [--docs]
       npm run bench -- gateway [--json] [--profile <folder>]
       npm run bench -- peers [--json]

quick   completed orders a second and CPU-ms an order, part by part, in the same run as the yardstick A1: the whole
        order in one transaction of one PostgreSQL database. About three minutes.
locks   reservations a second of inventory alone, for each STOCK_LOCK, over 1, 10 and 1,000 hot SKUs, with one and two
        replicas; what was oversold; two textbook mistakes that do oversell; other kinds of lock. About four minutes.
gateway CPU of a request in the gateway, in the same run as a bare Fastify + undici proxy with the same token check, both
        before the same canned upstream. About two minutes.
peers   the same order in DBOS Transact and in Restate, in turn with the whole system, each at its best number of orders in
        flight. Installs them first (240 MB, once, into the cache). About six minutes.

Each starts servers of its own on free ports and removes them afterwards. Ends with 1 when a goal is missed.
Needs Linux, for its CPU accounting.

  --json   { arms, goals, … } on standard output, alone
  --docs   also puts the tables into docs/stock.md and docs/adr/0009
  --profile <folder>   also writes a CPU profile of the gateway, for Chrome's developer tools; then only compare parts`;

const note = (text: string) => console.error(`· ${text}`);

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    json: { type: 'boolean' },
    docs: { type: 'boolean' },
    profile: { type: 'string' },
  });
  const [what = 'quick', ...rest] = positionals;
  const benchmarks: Record<string, () => Promise<Measured>> = {
    quick: measureQuick,
    locks: () => measureLocks(values.docs ?? false),
    gateway: () => measureGateway(values.profile),
    peers: measurePeers,
  };
  const measure = benchmarks[what];
  if (!measure || rest.length > 0)
    throw new CommandFailed(
      `unknown benchmark "${positionals.join(' ')}"; there are: ${Object.keys(benchmarks).join(', ')}`,
    );
  if (values.docs && what !== 'locks') throw new CommandFailed('--docs goes with locks');
  if (values.profile && what !== 'gateway') throw new CommandFailed('--profile goes with gateway');
  if (process.platform !== 'linux')
    throw new CommandFailed('CPU by part is read from /proc: run this on Linux, or in a container');
  const { result, text } = await measure();
  console.log(values.json ? JSON.stringify(result, null, 2) : text);
  return result.goals.every(({ met }) => met) ? 0 : 1;
}

interface Measured {
  result: { goals: Goal[] };
  /** For a person. */
  text: string;
}

async function measureQuick(): Promise<Measured> {
  const result = await quick(note);
  return { result, text: table(result.arms, result.goals) };
}

async function measureLocks(docs: boolean): Promise<Measured> {
  const result = await locks(note);
  if (docs) await writeTables(result);
  return { result, text: locksText(result) };
}

async function measureGateway(profileDir?: string): Promise<Measured> {
  const result = await gatewayBench(note, profileDir);
  return { result, text: gatewayText(result) };
}

async function measurePeers(): Promise<Measured> {
  const result = await peers(note);
  return { result, text: peersText(result) };
}

await runCommand('bench', main);
