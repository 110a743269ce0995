import { type DynamicModule, Module } from '@nestjs/common';
import type { PaymentService } from './payment-service.ts';
import { PaymentsController } from './payments/payments.controller.ts';
import { Payments } from './payments/payments.ts';

@Module({})
export class AppModule {}

/** What Nest hosts: the controllers, over the objects of one replica. */
export function appModule({ payments }: PaymentService): DynamicModule {
  return {
    module: AppModule,
    controllers: [PaymentsController],
    providers: [{ provide: Payments, useValue: payments }],
  };
}
