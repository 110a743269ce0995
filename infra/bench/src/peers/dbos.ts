import type { Arm, Bench } from '../arms/arm.ts';
import { PeerArm } from './peer-arm.ts';
import { type PeerProgram, startProgram } from './peer-program.ts';
import { PeerShop } from './peer-shop.ts';
import { versionOf } from './versions.ts';

const workers = 2;
const sessions = 8;

/** DBOS Transact: a library in the services' own processes, which keeps the steps' answers in PostgreSQL. */
export async function startDbos(bench: Bench, modules: string): Promise<Arm> {
  const shop = await PeerShop.open('dbos', bench);
  const parts: Record<string, PeerProgram> = {};
  for (let number = 1; number <= workers; number++)
    parts[`worker-${number}`] = await startDbosWorker(bench, modules, shop, number);
  return new PeerArm(bench, shop, {
    name: 'dbos',
    title: `DBOS Transact ${await versionOf('@dbos-inc/dbos-sdk')}`,
    settings: [
      `${workers} processes, each with HTTP and workflows and ${sessions} sessions for DBOS and ${sessions} for the shop`,
      'stock and final status in transactional steps of a data source, payment in two ordinary steps',
      'DBOS and the shop in one database; logs at warn, no tracing, no queue',
    ],
    urls: Object.values(parts).map(({ port }) => `http://127.0.0.1:${port}`),
    path: '/',
    parts,
  });
}

/** @param number which of them: one that comes back under its number takes up what it left */
function startDbosWorker(bench: Bench, modules: string, shop: PeerShop, number: number): Promise<PeerProgram> {
  const name = `dbos worker-${number}`;
  const env = {
    DATABASE_URL: shop.url,
    PROVIDER_URL: shop.provider.url,
    EXECUTOR: `worker-${number}`,
    SESSIONS: sessions,
  };
  return startProgram(bench, { name, file: 'dbos-worker.mjs', modules, env });
}
