import { Controller, Get, Req } from '@nestjs/common';
import { Principals } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import type { ShipTo } from './customer-key.ts';
import { ShipTos } from './ship-tos.ts';

@Controller()
export class ShipTosController {
  readonly #shipTos: ShipTos;
  readonly #principals: Principals;

  constructor(shipTos: ShipTos, principals: Principals) {
    this.#shipTos = shipTos;
    this.#principals = principals;
  }

  @Get('orders/:orderId/ship-to')
  shipTo(@Req() request: FastifyRequest<{ Params: { orderId: string } }>): Promise<ShipTo> {
    return this.#shipTos.of(this.#principals.of(request).subject, request.params.orderId);
  }
}
