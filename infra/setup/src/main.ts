import { parseArgs } from 'node:util';
import { z } from 'zod';
import { setup } from './setup.ts';
import { SetupRefused } from './setup-refused.ts';

const help = `usage: npm run setup

Creates what is missing before the first start: databases, tables, topics, keys and the first placement map.
Running it again changes nothing.

  RINGSHOP_POSTGRES_URL   the server as its administrator
  RINGSHOP_KAFKA_BROKERS  host:port, several with commas
  RINGSHOP_SHARDS         how many order shards (default 2)
  RINGSHOP_SECRETS_DIR    where secrets.env belongs
  RINGSHOP_REPLICATION    replicas of each topic (default 1)`;

const environment = z.object({
  RINGSHOP_POSTGRES_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  RINGSHOP_KAFKA_BROKERS: z.string().regex(/^[^,\s]+:\d+(,[^,\s]+:\d+)*$/, 'is not host:port[,host:port]'),
  RINGSHOP_SHARDS: z.coerce.number().int().min(1).max(64).default(2),
  RINGSHOP_SECRETS_DIR: z.string().min(1),
  RINGSHOP_REPLICATION: z.coerce.number().int().min(1).max(9).default(1),
});

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) return console.log(help);
  const read = environment.safeParse(process.env);
  if (!read.success) {
    const issues = read.error.issues.map(({ path, message }) => `${path.join()} (${message})`);
    throw new SetupRefused(`bad configuration: ${issues.join(', ')}`);
  }
  const config = read.data;
  await setup({
    postgresUrl: config.RINGSHOP_POSTGRES_URL,
    kafkaBrokers: config.RINGSHOP_KAFKA_BROKERS.split(','),
    shards: Array.from({ length: config.RINGSHOP_SHARDS }, (_, index) => `order-${index + 1}`),
    dir: config.RINGSHOP_SECRETS_DIR,
    replicationFactor: config.RINGSHOP_REPLICATION,
    onNote: (note) => console.error(note),
  });
  console.error('ringshop is set up');
}

main().catch((error: unknown) => {
  const known = error instanceof SetupRefused || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  console.error(known ? `setup: ${(error as Error).message}` : error);
  process.exitCode = 1;
});
