import type { Arm, Bench } from '../arms/arm.ts';
import { openPeer } from './open-peer.ts';
import { type PeerProgram, startProgram } from './peer-program.ts';
import type { PeerShop } from './peer-shop.ts';
import { versionOf } from './versions.ts';

const workers = 2;
const sessions = 8;

/** DBOS Transact: a library in the services' own processes, which keeps the steps' answers in PostgreSQL. */
export function startDbos(bench: Bench, modules: string): Promise<Arm> {
  return openPeer(bench, 'dbos', async (shop, parts) => {
    const urls: string[] = [];
    for (let number = 1; number <= workers; number++) {
      const worker = await startDbosWorker(bench, modules, shop, number);
      parts[`worker-${number}`] = worker;
      urls.push(`http://127.0.0.1:${worker.port}`);
    }
    return {
      title: `DBOS Transact ${await versionOf('@dbos-inc/dbos-sdk')}`,
      settings: [
        `${workers} processes, each with HTTP and workflows and ${sessions} sessions for DBOS and ${sessions} for the shop`,
        'stock and final status in transactional steps of a data source, payment in two ordinary steps',
        'DBOS and the shop in one database; logs at warn, no tracing, no queue',
      ],
      urls,
      path: '/',
    };
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
