import { Controller, Get, Req } from '@nestjs/common';
import { type Product, type ProductPage, productCursor } from '@ringshop/contracts';
import { pageQuery, valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { Products } from './products.ts';

const page = pageQuery(productCursor.read);

@Controller('products')
export class ProductsController {
  readonly #products: Products;

  constructor(products: Products) {
    this.#products = products;
  }

  @Get()
  list(@Req() request: FastifyRequest): Promise<ProductPage> {
    const { limit, cursor } = valid(page, request.query, 'query');
    return this.#products.page(limit, cursor);
  }

  @Get(':sku')
  one(@Req() request: FastifyRequest<{ Params: { sku: string } }>): Promise<Product> {
    return this.#products.one(request.params.sku);
  }
}
