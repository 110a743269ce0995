import { Controller, Put, Req } from '@nestjs/common';
import { valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Counted, StockCount } from './stock-count.ts';

const count = z.strictObject({ quantity: z.int().min(0).max(1_000_000_000) });

/** For operators: the gateway offers it on its operator listener only. */
@Controller('stock')
export class StockController {
  readonly #stock: StockCount;

  constructor(stock: StockCount) {
    this.#stock = stock;
  }

  @Put(':sku')
  set(@Req() request: FastifyRequest<{ Params: { sku: string } }>): Promise<Counted> {
    return this.#stock.set(request.params.sku, valid(count, request.body).quantity);
  }
}
