import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed } from '@ringshop/operator';
import { type Child, freePort, startReady } from '@ringshop/servers';
import type { Arm, Bench } from '../arms/arm.ts';
import { peersFile } from './install-peers.ts';
import { openPeer } from './open-peer.ts';
import { type PeerProgram, startProgram } from './peer-program.ts';
import type { PeerShop } from './peer-shop.ts';
import { versionOf } from './versions.ts';

const sessions = 20;

interface RestatePorts {
  ingress: number;
  admin: number;
  node: number;
}

/** Restate: a server that keeps each order's journal, and a service that it calls. */
export async function startRestate(bench: Bench, modules: string): Promise<Arm> {
  const binary = await findBinary(modules);
  const ports = { ingress: await freePort(), admin: await freePort(), node: await freePort() };
  return openPeer(bench, 'restate', async (shop, parts) => {
    parts.server = await startRestateServer(bench, binary, ports);
    const worker = await startRestateWorker(bench, modules, shop);
    parts.worker = worker;
    await register(ports.admin, worker.port);
    return {
      title: `Restate ${await versionOf('@restatedev/restate-server')}`,
      settings: [
        'one server with 1 partition (24, its default, is for clusters); its log with fsync, as by default',
        `one process with the service, over HTTP/2, ${sessions} sessions for the shop`,
        'each step a ctx.run; the idempotency key is kept for a day, the journal of an order that has ended is not',
      ],
      urls: [`http://127.0.0.1:${ports.ingress}`],
      path: '/shop/placeOrder',
    };
  });
}

/** The package for this platform brings it. @throws CommandFailed where there is none */
export async function findBinary(modules: string, platform = `${process.platform}-${process.arch}`): Promise<string> {
  const binary = join(modules, '@restatedev', `restate-server-${platform}`, 'bin', 'restate-server');
  await access(binary).catch(() => {
    throw new CommandFailed(
      `Restate has no server for ${platform}: its packages are for Linux and macOS, x64 and arm64`,
    );
  });
  return binary;
}

async function startRestateServer({ dir, signal }: Bench, command: string, ports: RestatePorts): Promise<Child> {
  const config = join(dir, 'restate.toml');
  const places = Object.entries({ DATA: join(dir, 'restate'), ...ports });
  const filled = (text: string) =>
    places.reduce((so, [name, value]) => so.replaceAll(`@${name}@`, String(value)), text);
  await writeFile(config, filled(await readFile(peersFile('restate.toml'), 'utf8')));
  const healthy = async (url: string) => (await fetch(url)).ok;
  return startReady({
    name: 'restate',
    command,
    args: ['--no-logo', '--config-file', config],
    logFile: join(dir, 'logs', 'restate.log'),
    isReady: async () =>
      (await healthy(`http://127.0.0.1:${ports.admin}/health`)) &&
      (await healthy(`http://127.0.0.1:${ports.ingress}/restate/health`)),
    readyWithin: 60_000,
    signal,
  });
}

function startRestateWorker(bench: Bench, modules: string, shop: PeerShop): Promise<PeerProgram> {
  const env = { DATABASE_URL: shop.url, PROVIDER_URL: shop.provider.url, SESSIONS: sessions };
  return startProgram(bench, {
    name: 'restate worker',
    file: 'restate-worker.mjs',
    modules,
    env,
  });
}

/** Tells the server where the service is. */
async function register(admin: number, worker: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${worker}` }),
  });
  if (!answer.ok) throw new Error(`restate does not take the service: ${answer.status} ${await answer.text()}`);
}
