import { Controller, Param, Put, Req, Res } from '@nestjs/common';
import { principalHeader, valid } from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Callers } from '../auth/callers.ts';
import { requireNoQuery } from '../orders/order-requests.ts';
import { Inventory } from '../products/inventory.ts';
import { sku as skuText } from '../text.ts';
import { relay } from '../upstream/relay.ts';
import { stockBody } from './operator-requests.ts';

/** Sets what is available of a product. On the operator listener only, with an operator's token only, and on record. */
@Controller('v1/stock')
export class StockController {
  constructor(
    private readonly callers: Callers,
    private readonly inventory: Inventory,
  ) {}

  @Put(':sku')
  async set(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('sku') sku: string): Promise<void> {
    const { principal } = await this.callers.operator(request);
    requireNoQuery(request);
    const path = `/stock/${encodeURIComponent(valid(skuText, sku, 'sku'))}`;
    const body = JSON.stringify(valid(stockBody, request.body, 'body'));
    const headers = [principalHeader, principal, 'content-type', 'application/json'];
    relay(reply, await this.inventory.send({ method: 'PUT', path, headers, body }));
  }
}
