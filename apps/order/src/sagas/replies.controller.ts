import { Controller } from '@nestjs/common';
import { type Incoming, Replies } from '@ringshop/messaging';
import { OrderSagas } from './order-sagas.ts';

/** What participants answer to this shard's sagas; a batch is one transaction. */
@Controller()
export class RepliesController {
  readonly #sagas: OrderSagas;

  constructor(sagas: OrderSagas) {
    this.#sagas = sagas;
  }

  @Replies()
  handle(batch: Incoming[]): Promise<void> {
    return this.#sagas.handleReplies(batch);
  }
}
