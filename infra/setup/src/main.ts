import { parseArgs } from 'node:util';
import { ConfigError, readConfig, variables } from '@ringshop/service-defaults';
import { z } from 'zod';
import { setup } from './setup.ts';
import { SetupRefused } from './setup-refused.ts';

const help = `usage: npm run setup

Creates what is missing before the first start: databases, tables, roles, topics, keys and the first placement map.
Running it again changes nothing.

  RINGSHOP_POSTGRES_URL      the server as its administrator
  RINGSHOP_POSTGRES_ADDRESS  host:port where the services reach it (default: as in the URL)
  RINGSHOP_KAFKA_BROKERS     host:port, several with commas
  RINGSHOP_SHARDS            how many order shards (default 2)
  RINGSHOP_SECRETS_DIR       where secrets.env belongs, and what each part may see of it
  RINGSHOP_REPLICATION       replicas of each topic (default 1)`;

const environment = z.object({
  RINGSHOP_POSTGRES_URL: variables.postgresUrl,
  RINGSHOP_POSTGRES_ADDRESS: z
    .string()
    .regex(/^[^\s/@?#]+:\d{1,5}$/, 'must be host:port')
    .optional(),
  RINGSHOP_KAFKA_BROKERS: variables.brokers,
  RINGSHOP_SHARDS: z.coerce.number().int().min(1).max(64).default(2),
  RINGSHOP_SECRETS_DIR: z.string().min(1),
  RINGSHOP_REPLICATION: z.coerce.number().int().min(1).max(9).default(1),
});

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) return console.log(help);
  const config = readConfig(environment, process.env);
  await setup({
    postgresUrl: config.RINGSHOP_POSTGRES_URL,
    postgresAddress: config.RINGSHOP_POSTGRES_ADDRESS,
    kafkaBrokers: config.RINGSHOP_KAFKA_BROKERS,
    shards: Array.from({ length: config.RINGSHOP_SHARDS }, (_, index) => `order-${index + 1}`),
    dir: config.RINGSHOP_SECRETS_DIR,
    replicationFactor: config.RINGSHOP_REPLICATION,
    onNote: (note) => console.error(note),
  });
  console.error('ringshop is set up');
}

main().catch((error: unknown) => {
  const misread = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  const known = misread || error instanceof SetupRefused || error instanceof ConfigError;
  console.error(known ? `setup: ${(error as Error).message}` : error);
  process.exitCode = 1;
});
