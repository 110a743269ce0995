import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { Problem } from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Callers } from '../auth/callers.ts';
import { pageOf } from '../orders/order-requests.ts';
import { text } from '../text.ts';
import { relay } from '../upstream/relay.ts';
import { Inventory } from './inventory.ts';

/** What can be bought. Asked of inventory; `available` is eventual. */
@Controller('v1/products')
export class ProductsController {
  constructor(
    private readonly callers: Callers,
    private readonly inventory: Inventory,
  ) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.callers.of(request);
    relay(reply, await this.inventory.send({ method: 'GET', path: `/products${pageOf(request)}` }));
  }

  @Get(':sku')
  async one(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('sku') sku: string): Promise<void> {
    await this.callers.of(request);
    if (!text(64).safeParse(sku).success) throw new Problem('not-found');
    relay(reply, await this.inventory.send({ method: 'GET', path: `/products/${encodeURIComponent(sku)}` }));
  }
}
