import { Controller, Post, Req } from '@nestjs/common';
import { isOrderId, slotOfOrder } from '@ringshop/placement';
import { Principals, Problem } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { Orders } from '../orders/orders.ts';
import { OrderSagas, type Resumed } from './order-sagas.ts';

/** For operators, by the gateway's signed word; it offers this on its operator listener only. */
@Controller('sagas')
export class SagasController {
  readonly #sagas: OrderSagas;
  readonly #orders: Orders;
  readonly #principals: Principals;

  constructor(sagas: OrderSagas, orders: Orders, principals: Principals) {
    this.#sagas = sagas;
    this.#orders = orders;
    this.#principals = principals;
  }

  /** Tries again now what a parked saga waits for. Repeated, or for one that is not parked, it changes nothing. */
  @Post(':orderId/resume')
  async resume(@Req() request: FastifyRequest<{ Params: { orderId: string } }>): Promise<Resumed> {
    const { orderId } = request.params;
    const { subject: by } = this.#principals.operator(request);
    if (!isOrderId(orderId)) throw new Problem('not-found');
    await this.#orders.requireOwned(slotOfOrder(orderId));
    const resumed = await this.#sagas.resume(orderId, by);
    if (!resumed) throw new Problem('not-found');
    return resumed;
  }
}
