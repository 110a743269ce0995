import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { createLogger, type ServiceOptions, Shutdown } from '@ringshop/service-defaults';
import { Callers } from './auth/callers.ts';
import { ProviderKeys } from './auth/provider-keys.ts';
import type { GatewayConfig } from './config.ts';
import { serveDocuments } from './documents/serve-documents.ts';
import { Entrance } from './entrance.ts';
import { CustomersController } from './operator/customers.controller.ts';
import { KeysController } from './operator/keys.controller.ts';
import { SagasController } from './operator/sagas.controller.ts';
import { StockController } from './operator/stock.controller.ts';
import { OrdersController } from './orders/orders.controller.ts';
import { EveryReplica } from './placement/every-replica.ts';
import { Placement } from './placement/placement.ts';
import { Shards } from './placement/shards.ts';
import { Inventory } from './products/inventory.ts';
import { ProductCache } from './products/product-cache.ts';
import { ProductsController } from './products/products.controller.ts';
import { RateLimits } from './rate-limits/rate-limits.ts';
import { ReplicaSet } from './upstream/replica-set.ts';

@Module({})
class PublicModule {}

@Module({})
class OperatorModule {}

const longestStartMs = 60_000;
/** By a shard, when its machine is full (docs/adr/0024-what-is-gathered.md). */
const gatheredMs = 240;

/** The gateway as a service: what it shares, its public listener, and the operators' one. It holds no state of its own. */
export function gateway(config: GatewayConfig): ServiceOptions {
  const limits = { timeoutMs: config.UPSTREAM_TIMEOUT_MS, maxInFlight: config.UPSTREAM_MAX_IN_FLIGHT };
  const replicas = new Map(
    [...config.SHARDS].map(([name, urls]) => [name, new ReplicaSet(name, urls, { ...limits, gatheredMs })]),
  );
  const inventory = new Inventory('inventory', config.INVENTORY_URLS, limits);
  const placement = new Placement(replicas);
  const logger = createLogger(config.NAME, config.LOG_LEVEL);
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
  const providers: Provider[] = [
    { provide: Callers, useValue: callers },
    { provide: Shards, useValue: new Shards(placement) },
    { provide: EveryReplica, useValue: new EveryReplica(config.SHARDS) },
    { provide: Inventory, useValue: inventory },
    { provide: ProductCache, useValue: products },
  ];
  const shutdown = new Shutdown();
  for (const [name, pool] of [...replicas, ['inventory', inventory] as const]) {
    shutdown.register('pools', name, () => pool.close());
  }
  shutdown.register('pools', 'provider keys', () => keys.stop());
  shutdown.register('pools', 'products cache', () => products.close());
  shutdown.register('pools', 'rate limits', () => rateLimits.close());
  const entrance = new Entrance(callers, rateLimits, logger);
  return {
    config,
    logger,
    shutdown,
    module: { module: PublicModule, providers, controllers: [OrdersController, ProductsController] } as DynamicModule,
    operator: {
      module: {
        module: OperatorModule,
        providers,
        controllers: [StockController, SagasController, CustomersController, KeysController],
      },
      HOST: config.OPERATOR_HOST,
      PORT: config.OPERATOR_PORT,
      configure: (app) => serveDocuments(app.getHttpAdapter().getInstance()),
    },
    fastify: { trustProxy: config.TRUSTED_PROXIES.length > 0 ? config.TRUSTED_PROXIES : false },
    configure: (app) => {
      entrance.guard(app.getHttpAdapter().getInstance());
      keys.start();
      products.open();
      rateLimits.open();
      return placement.load(longestStartMs);
    },
  };
}
