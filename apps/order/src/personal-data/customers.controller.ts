import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { Principals, valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { OrderReader } from '../orders/read-orders.ts';
import { EraseCustomers, type Erased } from './erase-customers.ts';

const customer = z.guid('must be a UUID');

/** For operators, by the gateway's signed word; it offers this on its operator listener only. */
@Controller('customers')
export class CustomersController {
  readonly #erasing: EraseCustomers;
  readonly #reader: OrderReader;
  readonly #principals: Principals;

  constructor(erasing: EraseCustomers, reader: OrderReader, principals: Principals) {
    this.#erasing = erasing;
    this.#reader = reader;
    this.#principals = principals;
  }

  @Post(':customerId/erase')
  @HttpCode(200)
  async erase(@Req() request: FastifyRequest<{ Params: { customerId: string } }>): Promise<Erased> {
    const { subject: by } = this.#principals.operator(request);
    const customerId = valid(customer, request.params.customerId, 'customerId').toLowerCase();
    const erased = await this.#erasing.erase(customerId, by);
    if (erased === 'misdirected') throw await this.#reader.misdirected();
    return erased;
  }
}
