import { type DynamicModule, Module } from '@nestjs/common';
import { Principals } from '@ringshop/service-defaults';
import { EventStreams } from './following/event-streams.ts';
import { OrderTimeline } from './orders/order-timeline.ts';
import { OrdersController } from './orders/orders.controller.ts';
import { Orders } from './orders/orders.ts';
import { OrderReader } from './orders/read-orders.ts';
import { personalDataControllers, personalDataProviders } from './personal-data/hosted.ts';
import { PlacementController } from './placement/placement.controller.ts';
import { PlacementAuthority } from './placement/placement-authority.ts';
import { OrderSagas } from './sagas/order-sagas.ts';
import { RepliesController } from './sagas/replies.controller.ts';
import { SagasController } from './sagas/sagas.controller.ts';
import type { Shard } from './shard.ts';

@Module({})
export class AppModule {}

/** What Nest hosts: the controllers, over the objects of one shard. */
export function appModule({
  orders,
  personalData,
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
      ...personalDataControllers,
      SagasController,
      RepliesController,
      PlacementController,
    ],
    providers: [
      { provide: Orders, useValue: orders },
      ...personalDataProviders(personalData),
      { provide: OrderReader, useValue: reader },
      { provide: OrderTimeline, useValue: timeline },
      { provide: EventStreams, useValue: streams },
      { provide: OrderSagas, useValue: sagas },
      { provide: Principals, useValue: principals },
      { provide: PlacementAuthority, useValue: authority },
    ],
  };
}
