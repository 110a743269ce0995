import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import { slotOf } from '@ringshop/placement';
import { principalHeader, valid } from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Callers } from '../auth/callers.ts';
import { requireNoBody, requireNoQuery } from '../orders/order-requests.ts';
import { Shards } from '../placement/shards.ts';
import { relay } from '../upstream/relay.ts';
import { customerId } from './operator-requests.ts';

/** Erases what is personal of a customer. On the operator listener only, with an operator's token only, and on record. */
@Controller('v1/customers')
export class CustomersController {
  constructor(
    private readonly callers: Callers,
    private readonly shards: Shards,
  ) {}

  @Post(':customerId/erase')
  async erase(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('customerId') id: string) {
    const { principal } = await this.callers.operator(request);
    requireNoQuery(request);
    requireNoBody(request);
    const customer = valid(customerId, id, 'customerId').toLowerCase();
    const headers = [principalHeader, principal];
    const ask = { method: 'POST', path: `/customers/${customer}/erase`, headers } as const;
    relay(reply, await this.shards.send(slotOf(customer), ask));
  }
}
