import { Controller } from '@nestjs/common';
import { type BatchHandler, Commands, type Incoming } from '@ringshop/messaging';
import { Payments } from './payments.ts';

@Controller()
export class PaymentsController {
  readonly #payments: Payments;

  constructor(payments: Payments) {
    this.#payments = payments;
  }

  @Commands('authorise-payment', 'void-payment', 'capture-payment', 'close-payment')
  handle(batch: Incoming[]): ReturnType<BatchHandler> {
    return this.#payments.handle(batch);
  }
}
