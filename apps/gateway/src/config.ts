import { serviceVariables, variables, wiring } from '@ringshop/service-defaults';
import { z } from 'zod';
import { proxies } from './rate-limits/addresses.ts';
import { rate } from './rate-limits/rate.ts';

const shardEntry = /^([a-z0-9-]{1,63})=(.+)$/;

/** `order-1=http://a:1|http://a:2,order-2=http://…`: name → URLs of its replicas. */
const shards = z.string().transform((text, context) => {
  const replicas = new Map<string, string[]>();
  for (const entry of text.split(',')) {
    const [, name, urls] = shardEntry.exec(entry.trim()) ?? [];
    const parsed = variables.httpUrls.safeParse(urls);
    if (name === undefined || !parsed.success || replicas.has(name)) {
      context.addIssue('must be name=url|url,name=url');
      return z.NEVER;
    }
    replicas.set(name, parsed.data);
  }
  return replicas;
});

export const gatewayConfig = z.object({
  ...serviceVariables,
  NAME: serviceVariables.NAME.default('gateway-1'),
  PORT: serviceVariables.PORT.default(8080),
  OPERATOR_HOST: variables.host
    .default('127.0.0.1')
    .describe("The address of the operators' listener. Never a public one."),
  OPERATOR_PORT: variables.port.default(8081).describe("The port of the operators' listener."),
  SHARDS: shards.meta(wiring).describe('Every shard with the URLs of its replicas: `name=url|url,name=url`.'),
  INVENTORY_URLS: variables.httpUrls.describe('The processes of inventory: `url|url`.'),
  // Without it every product is asked of inventory, and each gateway counts by itself.
  REDIS_URL: variables.redisUrl
    .optional()
    .describe('Where inventory keeps its products cache, and all gateways count requests.'),
  INTERNAL_CALL_KEYS: variables.keyRing.describe('Signs who is asking, for the parts behind the gateway.'),
  JWKS_URL: variables.httpUrl.describe('The keys of the identity provider.'),
  JWT_ISSUER: z.string().default('http://ringshop.local/identity').describe('Whose tokens are taken.'),
  JWT_AUDIENCE: z.string().default('ringshop').describe('For whom a token must have been made.'),
  JWT_LEEWAY_MS: variables.integer
    .default(2_000)
    .describe("By how much the identity provider's clock and ours may differ."),
  JWKS_MAX_AGE_MS: variables.ms
    .default(30_000)
    .describe('A key that the provider withdraws is refused after this at the latest.'),
  JWKS_COOLDOWN_MS: variables.ms
    .default(5_000)
    .describe('Tokens that name unknown keys make the gateway ask the provider once in this time at most.'),
  JWKS_STALE_MS: variables.ms
    .default(900_000)
    .describe('For how long the known keys are believed while the provider does not answer.'),
  RATE_LIMIT_PER_CUSTOMER: rate
    .prefault('1000/1s')
    .describe('Requests of one customer: a count and a time such as `300/5m`; `0` is no limit.'),
  RATE_LIMIT_PER_ADDRESS: rate
    .optional()
    .describe('Of everything that comes from an address, also without a token. Many customers may share one.'),
  TRUSTED_PROXIES: proxies
    .default([])
    .describe("Whose `X-Forwarded-For` is believed: `10.0.0.7,10.1.0.0/16`. With none it is the connection's address."),
  UPSTREAM_TIMEOUT_MS: variables.ms
    .default(5_000)
    .describe('How long a shard or inventory may take to begin an answer; a wait comes on top.'),
  UPSTREAM_MAX_IN_FLIGHT: variables.integer
    .default(1_024)
    .describe(
      'The most that a shard is given at once, usually less, by its latency; and the waits that a replica may hold.',
    ),
});

export type GatewayConfig = z.output<typeof gatewayConfig>;
