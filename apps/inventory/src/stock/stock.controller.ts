import { Controller, Put, Req } from '@nestjs/common';
import { Principals, valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Counted, StockCount } from './stock-count.ts';

const count = z.strictObject({ quantity: z.int().min(0).max(1_000_000_000) });

/** For operators, by the gateway's signed word; it offers this on its operator listener only. */
@Controller('stock')
export class StockController {
  readonly #stock: StockCount;
  readonly #principals: Principals;

  constructor(stock: StockCount, principals: Principals) {
    this.#stock = stock;
    this.#principals = principals;
  }

  @Put(':sku')
  set(@Req() request: FastifyRequest<{ Params: { sku: string } }>): Promise<Counted> {
    const { subject } = this.#principals.operator(request);
    return this.#stock.set(request.params.sku, valid(count, request.body).quantity, subject);
  }
}
