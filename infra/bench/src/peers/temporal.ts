import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Child, freePort, startReady } from '@ringshop/servers';
import type { Arm, Bench } from '../arms/arm.ts';
import { temporalSdk } from './install-peers.ts';
import { openPeer } from './open-peer.ts';
import { listens, type PeerProgram, startProgram } from './peer-program.ts';
import type { PeerShop } from './peer-shop.ts';
import { versionOf } from './versions.ts';

const sessions = 20;
/** As many as orders are ever in flight: one whose steps are local activities is one task, from its first to its last. */
const atOnce = 256;

export const temporalLeftOut =
  'temporal is left out: its command is not on the PATH (macOS: brew install temporal; others: https://temporal.download/cli)';

/** @returns the version of the server in the command that is on the PATH, or undefined where there is none */
export function findTemporal(): Promise<string | undefined> {
  return promisify(execFile)('temporal', ['--version'], { timeout: 10_000 }).then(
    ({ stdout }) => /server v?(\d[\w.-]*)/i.exec(stdout)?.[1] ?? stdout.trim(),
    () => undefined,
  );
}

/** Temporal, as its command starts it on one machine: a server that keeps each workflow's history in SQLite. */
export function startTemporal(bench: Bench, modules: string, version: string): Promise<Arm> {
  return openPeer(bench, 'temporal', async (shop, parts) => {
    const port = await freePort();
    parts.server = await startServer(bench, port);
    const worker = await startWorker(bench, modules, shop, port);
    parts.worker = worker;
    return {
      title: `Temporal ${version} (SDK ${await versionOf('@temporalio/worker', temporalSdk)})`,
      settings: [
        'the development server of its command, which is not what Temporal is in production; SQLite with a write-ahead log and fsync',
        `one process with HTTP and the worker, ${sessions} sessions for the shop, ${atOnce} workflow tasks and local activities at once`,
        'each step a local activity, so that the answers of an order are recorded together when it ends; eager workflow start',
      ],
      urls: [`http://127.0.0.1:${worker.port}`],
      path: '/',
    };
  });
}

/** Every commit reaches the disk, as PostgreSQL's do; without the first, SQLite's own default, each one does so several times. */
const pragmas = ['journal_mode=wal', 'synchronous=full'];

async function startServer({ dir, signal }: Bench, port: number): Promise<Child> {
  const ports = { port, 'http-port': await freePort(), 'metrics-port': await freePort() };
  const named = Object.entries({ ...ports, ip: '127.0.0.1', 'db-filename': join(dir, 'temporal.sqlite') });
  return startReady({
    name: 'temporal',
    command: 'temporal',
    args: [
      ...['server', 'start-dev', '--headless', '--log-level', 'error'],
      ...named.flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
      ...['--dynamic-config-value', 'system.enableEagerWorkflowStart=true'],
    ],
    logFile: join(dir, 'logs', 'temporal.log'),
    isReady: () => listens(port),
    readyWithin: 60_000,
    signal,
  });
}

function startWorker(bench: Bench, modules: string, shop: PeerShop, port: number): Promise<PeerProgram> {
  const settings = { SESSIONS: sessions, AT_ONCE: atOnce, SERVER: `127.0.0.1:${port}` };
  const env = { DATABASE_URL: shop.url, PROVIDER_URL: shop.provider.url, ...settings };
  return startProgram(bench, { name: 'temporal worker', file: 'temporal-worker.mjs', modules, env });
}
