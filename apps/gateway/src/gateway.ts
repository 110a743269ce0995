import type { Logger, Shutdown } from '@ringshop/service-defaults';
import type { FastifyInstance } from 'fastify';
import { Callers } from './auth/callers.ts';
import { ProviderKeys } from './auth/provider-keys.ts';
import type { GatewayConfig } from './config.ts';
import { Entrance } from './entrance.ts';
import { EveryReplica } from './placement/every-replica.ts';
import { Placement } from './placement/placement.ts';
import { Shards } from './placement/shards.ts';
import { Inventory } from './products/inventory.ts';
import { ProductCache } from './products/product-cache.ts';
import { RateLimits } from './rate-limits/rate-limits.ts';
import { ReplicaSet } from './upstream/replica-set.ts';

const longestStartMs = 60_000;
/**
 * The longest that a shard holds orders back on purpose, eight times its GATHER_MS (docs/adr/0024-what-is-gathered.md): change it with
 * that, or gathering is taken for overload here.
 */
const gatheredMs = 240;

export type Gateway = ReturnType<typeof createGateway>;

/** One replica of the gateway: its objects, and what its host does with them. It holds no state of its own. */
export function createGateway(config: GatewayConfig, logger: Logger) {
  const parts = wire(config, logger);
  return {
    ...parts,
    /** @throws when this replica must not start */
    start: (http: FastifyInstance) => start(parts, http),
    endWith: (shutdown: Shutdown) => endWith(parts, shutdown),
  };
}

type Parts = ReturnType<typeof wire>;

/** By hand: who needs what is read here from top to bottom. */
function wire(config: GatewayConfig, logger: Logger) {
  const limits = { timeoutMs: config.UPSTREAM_TIMEOUT_MS, maxInFlight: config.UPSTREAM_MAX_IN_FLIGHT };
  const replicas = new Map(
    [...config.SHARDS].map(([name, urls]) => [name, new ReplicaSet(name, urls, { ...limits, gatheredMs })]),
  );
  const inventory = new Inventory('inventory', config.INVENTORY_URLS, limits);
  const placement = new Placement(replicas);
  const shards = new Shards(placement);
  const everyReplica = new EveryReplica(config.SHARDS);
  const products = new ProductCache(config.REDIS_URL, logger);
  const rateLimits = new RateLimits(config, logger);
  const keys = new ProviderKeys({
    jwksUrl: config.JWKS_URL,
    maxAgeMs: config.JWKS_MAX_AGE_MS,
    cooldownMs: config.JWKS_COOLDOWN_MS,
    staleMs: config.JWKS_STALE_MS,
    logger,
  });
  const callers = new Callers({
    keys,
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    leewayMs: config.JWT_LEEWAY_MS,
    ring: config.INTERNAL_CALL_KEYS,
  });
  const entrance = new Entrance(callers, rateLimits, logger);
  return { replicas, inventory, placement, shards, everyReplica, products, rateLimits, keys, callers, entrance };
}

function start({ entrance, keys, products, rateLimits, placement }: Parts, http: FastifyInstance): Promise<void> {
  entrance.guard(http);
  keys.start();
  products.open();
  rateLimits.open();
  return placement.load(longestStartMs);
}

function endWith({ replicas, inventory, keys, products, rateLimits }: Parts, shutdown: Shutdown): void {
  for (const [name, pool] of [...replicas, ['inventory', inventory] as const]) {
    shutdown.register('pools', name, () => pool.close());
  }
  shutdown.register('pools', 'provider keys', () => keys.stop());
  shutdown.register('pools', 'products cache', () => products.close());
  shutdown.register('pools', 'rate limits', () => rateLimits.close());
}
