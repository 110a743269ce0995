import { startChild } from '@ringshop/servers';
import { kafkaBrokers, postgresUrl } from './addresses.ts';
import { lastWords, nodeProcess } from './node-process.ts';
import { Refused } from './options.ts';
import type { Ports } from './ports.ts';

/** Runs the one-shot setup in a process of its own: what it loads (TypeORM, Kafka's admin) is gone afterwards. */
export async function runSetup(
  dir: string,
  shards: number,
  { ports, seen }: { ports: Ports; seen: Ports },
  ending: AbortSignal,
): Promise<void> {
  const child = await startChild(
    nodeProcess({
      name: 'setup',
      folder: 'infra/setup',
      dir,
      env: {
        RINGSHOP_POSTGRES_URL: postgresUrl(ports),
        RINGSHOP_POSTGRES_ADDRESS: `127.0.0.1:${seen('postgres')}`,
        RINGSHOP_KAFKA_BROKERS: kafkaBrokers(ports),
        RINGSHOP_SHARDS: String(shards),
        RINGSHOP_SECRETS_DIR: dir,
      },
    }),
  );
  const giveUp = () => void child.stop();
  ending.addEventListener('abort', giveUp, { once: true });
  const { code } = await child.exited;
  ending.removeEventListener('abort', giveUp);
  if (ending.aborted) throw new Refused('stopped before it was ready');
  if (code !== 0) throw new Refused((await lastWords(dir, 'setup')) || `setup ended with code ${code}`);
}
