import { Module, type Provider } from '@nestjs/common';
import type { ServiceOptions } from '@ringshop/service-defaults';
import { Callers } from './auth/callers.ts';
import type { GatewayConfig } from './config.ts';
import { serveDocuments } from './documents/serve-documents.ts';
import type { Gateway } from './gateway.ts';
import { CustomersController } from './operator/customers.controller.ts';
import { KeysController } from './operator/keys.controller.ts';
import { SagasController } from './operator/sagas.controller.ts';
import { StockController } from './operator/stock.controller.ts';
import { OrdersController } from './orders/orders.controller.ts';
import { EveryReplica } from './placement/every-replica.ts';
import { Shards } from './placement/shards.ts';
import { Inventory } from './products/inventory.ts';
import { ProductCache } from './products/product-cache.ts';
import { ProductsController } from './products/products.controller.ts';

@Module({})
class PublicModule {}

@Module({})
class OperatorModule {}

type Listeners = Pick<ServiceOptions, 'module' | 'operator' | 'fastify'>;

/** What Nest hosts, over the objects of one gateway: the controllers of its public listener, and of the operators' one. */
export function appModules(config: GatewayConfig, gateway: Gateway): Listeners {
  const providers: Provider[] = [
    { provide: Callers, useValue: gateway.callers },
    { provide: Shards, useValue: gateway.shards },
    { provide: EveryReplica, useValue: gateway.everyReplica },
    { provide: Inventory, useValue: gateway.inventory },
    { provide: ProductCache, useValue: gateway.products },
  ];
  return {
    module: { module: PublicModule, providers, controllers: [OrdersController, ProductsController] },
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
  };
}
