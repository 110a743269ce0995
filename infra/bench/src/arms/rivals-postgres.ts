import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type PostgresServer, startPostgres } from '@ringshop/servers';
import type { Ground } from '../own-ground.ts';

export type RivalsPostgres = PostgresServer;

const shared = fileURLToPath(new URL('../../../postgres/postgresql.conf', import.meta.url));

/** Two-phase commit needs the first, and more sessions than services that batch; nothing else differs from Ringshop's own. */
const more = { max_prepared_transactions: 400, max_connections: 800 };

/** A PostgreSQL with Ringshop's own configuration, for the arms that are not Ringshop. */
export async function startRivalsPostgres({ dir, signal }: Ground): Promise<RivalsPostgres> {
  const configFile = join(dir, 'rivals.conf');
  const settings = Object.entries(more).map(([name, value]) => `${name} = ${value}`);
  await writeFile(configFile, [`include '${shared}'`, ...settings, ''].join('\n'));
  return startPostgres({ dir: join(dir, 'rivals'), port: await freePort(), configFile, signal });
}
