import { serviceVariables, variables } from '@ringshop/service-defaults';
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
  PORT: variables.port.default(8080),
  OPERATOR_HOST: z.string().default('127.0.0.1'),
  OPERATOR_PORT: variables.port.default(8081),
  SHARDS: shards,
  INVENTORY_URLS: variables.httpUrls,
  /**
   * Where inventory keeps its products cache, and all gateways count requests. Without it every product is asked of
   * inventory, and each gateway counts by itself.
   */
  REDIS_URL: variables.redisUrl.optional(),
  /** Signs who is asking, for the parts behind the gateway. */
  INTERNAL_CALL_KEYS: variables.keyRing,
  JWKS_URL: variables.httpUrl,
  JWT_ISSUER: z.string().default('http://ringshop.local/identity'),
  JWT_AUDIENCE: z.string().default('ringshop'),
  /** By how much the identity provider's clock and ours may differ. */
  JWT_LEEWAY_MS: variables.integer.default(2_000),
  /** A key that the provider withdraws is refused after this at the latest. */
  JWKS_MAX_AGE_MS: variables.ms.default(30_000),
  /** Tokens that name unknown keys make the gateway ask the provider once in this time at most. */
  JWKS_COOLDOWN_MS: variables.ms.default(5_000),
  /** For how long the known keys are believed while the provider does not answer: 15 minutes. */
  JWKS_STALE_MS: variables.ms.default(900_000),
  RATE_LIMIT_PER_CUSTOMER: rate.prefault('1000/1s'),
  /** Of everything that comes from an address, also without a token. Many customers may share one. */
  RATE_LIMIT_PER_ADDRESS: rate.optional(),
  /** Whose `X-Forwarded-For` is believed. Without one the address is that of the connection. */
  TRUSTED_PROXIES: proxies.default([]),
  /** How long a shard or inventory may take to begin an answer; a wait comes on top. */
  UPSTREAM_TIMEOUT_MS: variables.ms.default(5_000),
  /** The most that a shard is given at once, usually less, by its latency; and the waits that each of its replicas may hold. */
  UPSTREAM_MAX_IN_FLIGHT: variables.integer.default(1_024),
});

export type GatewayConfig = z.output<typeof gatewayConfig>;
