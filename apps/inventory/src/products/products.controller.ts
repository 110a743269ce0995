import { Controller, Get, Req } from '@nestjs/common';
import { valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Product, type ProductPage, Products, readCursor } from './products.ts';

const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .transform((text, context) => {
      const after = readCursor(text);
      if (after === undefined) context.addIssue('is no cursor of this list');
      return after;
    })
    .optional(),
});

@Controller('products')
export class ProductsController {
  readonly #products: Products;

  constructor(products: Products) {
    this.#products = products;
  }

  @Get()
  list(@Req() request: FastifyRequest): Promise<ProductPage> {
    const { limit, cursor } = valid(pageQuery, request.query, 'query');
    return this.#products.page(limit, cursor);
  }

  @Get(':sku')
  one(@Req() request: FastifyRequest<{ Params: { sku: string } }>): Promise<Product> {
    return this.#products.one(request.params.sku);
  }
}
