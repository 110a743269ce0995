import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '@ringshop/service-defaults';
import type { z } from 'zod';
import { setupConfig } from './config.ts';
import { setup } from './setup.ts';
import { SetupRefused } from './setup-refused.ts';

const help = `usage: npm run setup

Creates what is missing before the first start: databases, tables, roles, topics, keys and the first placement map.
Running it again changes nothing.

${Object.entries(setupConfig.shape)
  .map(([name, variable]) => `  ${name.padEnd(25)}  ${variable.description}${byDefault(variable)}`)
  .join('\n')}`;

function byDefault(variable: z.ZodType): string {
  const { data } = variable.safeParse(undefined);
  return data === undefined ? '' : ` (default ${data})`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) return console.log(help);
  const config = readConfig(setupConfig, process.env);
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
