import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { type Product, type ProductPage, productCursor } from '@ringshop/contracts';
import { Problem, valid } from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf, pageQuery, requireNoQuery } from '../orders/order-requests.ts';
import { sku as skuText } from '../text.ts';
import { relay } from '../upstream/relay.ts';
import { Inventory } from './inventory.ts';
import { ProductCache } from './product-cache.ts';

/** What can be bought. From the cache, or asked of inventory, which fills it; `available` is eventual either way. */
@Controller('v1/products')
export class ProductsController {
  constructor(
    private readonly cache: ProductCache,
    private readonly inventory: Inventory,
  ) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { limit = 20, cursor } = valid(pageQuery, request.query, 'query');
    const after = cursor === undefined ? '' : productCursor.read(cursor);
    // What is no cursor is left to inventory to refuse.
    const page = after === undefined ? undefined : await this.cache.page(limit, after);
    if (page) return answer(reply, page);
    relay(reply, await this.inventory.send({ method: 'GET', path: `/products${pageOf(request)}`, work: 'list' }));
  }

  @Get(':sku')
  async one(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('sku') sku: string): Promise<void> {
    requireNoQuery(request);
    if (!skuText.safeParse(sku).success) throw new Problem('not-found');
    const product = await this.cache.one(sku);
    if (product) return answer(reply, product);
    relay(
      reply,
      await this.inventory.send({ method: 'GET', path: `/products/${encodeURIComponent(sku)}`, work: 'read' }),
    );
  }
}

function answer(reply: FastifyReply, found: Product | ProductPage): void {
  relay(reply, {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(found),
  });
}
