import { variables, wiring } from '@ringshop/service-defaults';
import { z } from 'zod';

export const setupConfig = z.object({
  RINGSHOP_POSTGRES_URL: variables.postgresUrl.describe('The server as its administrator'),
  RINGSHOP_POSTGRES_ADDRESS: z
    .string()
    .regex(/^[^\s/@?#]+:\d{1,5}$/, 'must be host:port')
    .meta(wiring)
    .optional()
    .describe('`host:port` where the services reach it, if not as in the URL'),
  RINGSHOP_KAFKA_BROKERS: variables.brokers.describe('`host:port`, several with commas'),
  RINGSHOP_SHARDS: z.coerce.number().int().min(1).max(64).default(2).describe('How many order shards'),
  RINGSHOP_SECRETS_DIR: z
    .string()
    .min(1)
    .meta(wiring)
    .describe('Where `secrets.env` belongs, and what each part may see of it'),
  RINGSHOP_REPLICATION: z.coerce.number().int().min(1).max(9).default(1).describe('Replicas of each topic'),
});
