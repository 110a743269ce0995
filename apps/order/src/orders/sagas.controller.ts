import { Controller, Post, Req } from '@nestjs/common';
import { isOrderId, slotOfOrder } from '@ringshop/placement';
import { Problem, valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { OrderSagas, type Resumed } from './order-sagas.ts';
import { Orders } from './orders.ts';

const operator = z.guid('is needed');

/** For operators: the gateway offers it on its operator listener only, under the verified subject. */
@Controller('sagas')
export class SagasController {
  readonly #sagas: OrderSagas;
  readonly #orders: Orders;

  constructor(sagas: OrderSagas, orders: Orders) {
    this.#sagas = sagas;
    this.#orders = orders;
  }

  /** Tries again now what a parked saga waits for. Repeated, or for one that is not parked, it changes nothing. */
  @Post(':orderId/resume')
  async resume(@Req() request: FastifyRequest<{ Params: { orderId: string } }>): Promise<Resumed> {
    const { orderId } = request.params;
    const by = valid(operator, request.headers['x-operator-id'], 'x-operator-id');
    if (!isOrderId(orderId)) throw new Problem('not-found');
    await this.#orders.requireOwned(slotOfOrder(orderId));
    const resumed = await this.#sagas.resume(orderId.toLowerCase(), by);
    if (!resumed) throw new Problem('not-found');
    return resumed;
  }
}
