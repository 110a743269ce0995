import { type DynamicModule, Module } from '@nestjs/common';
import { Principals } from '@ringshop/service-defaults';
import { EventStreams } from './orders/event-streams.ts';
import { OrderSagas } from './orders/order-sagas.ts';
import { OrderTimeline } from './orders/order-timeline.ts';
import { OrdersController } from './orders/orders.controller.ts';
import { Orders } from './orders/orders.ts';
import { OrderReader } from './orders/read-orders.ts';
import { RepliesController } from './orders/replies.controller.ts';
import { SagasController } from './orders/sagas.controller.ts';
import { CustomersController } from './personal-data/customers.controller.ts';
import { EraseCustomers } from './personal-data/erase-customers.ts';
import { PersonalDataController } from './personal-data/personal-data.controller.ts';
import { ShipTos } from './personal-data/ship-tos.ts';
import { PlacementController } from './placement/placement.controller.ts';
import { PlacementAuthority } from './placement/placement-authority.ts';
import type { Shard } from './shard.ts';

@Module({})
export class AppModule {}

/** What Nest hosts: the controllers, over the objects of one shard. */
export function appModule({
  orders,
  shipTos,
  erasing,
  timeline,
  streams,
  sagas,
  authority,
  principals,
  reader,
}: Shard): DynamicModule {
  return {
    module: AppModule,
    controllers: [
      OrdersController,
      PersonalDataController,
      CustomersController,
      SagasController,
      RepliesController,
      PlacementController,
    ],
    providers: [
      { provide: Orders, useValue: orders },
      { provide: ShipTos, useValue: shipTos },
      { provide: EraseCustomers, useValue: erasing },
      { provide: OrderReader, useValue: reader },
      { provide: OrderTimeline, useValue: timeline },
      { provide: EventStreams, useValue: streams },
      { provide: OrderSagas, useValue: sagas },
      { provide: Principals, useValue: principals },
      { provide: PlacementAuthority, useValue: authority },
    ],
  };
}
