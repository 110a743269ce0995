import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import { principalHeader } from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Callers } from '../auth/callers.ts';
import { requireNoBody, requireNoQuery } from '../orders/order-requests.ts';
import { slotOfExisting } from '../orders/orders.controller.ts';
import { Shards } from '../placement/shards.ts';
import { relay } from '../upstream/relay.ts';

/** Has a parked saga tried again. On the operator listener only, with an operator's token only, and on record. */
@Controller('v1/sagas')
export class SagasController {
  constructor(
    private readonly callers: Callers,
    private readonly shards: Shards,
  ) {}

  @Post(':orderId/resume')
  async resume(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('orderId') orderId: string) {
    const { principal } = await this.callers.operator(request);
    requireNoQuery(request);
    requireNoBody(request);
    const headers = [principalHeader, principal];
    const ask = { method: 'POST', path: `/sagas/${orderId}/resume`, headers } as const;
    relay(reply, await this.shards.send(slotOfExisting(orderId), ask));
  }
}
