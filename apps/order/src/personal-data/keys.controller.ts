import { Controller, Get, Req } from '@nestjs/common';
import { Principals } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { type KeyReport, KeyUsage } from './key-usage.ts';

/** For operators, by the gateway's signed word. It tells ids of keys and numbers of rows, and never a key. */
@Controller('keys')
export class KeysController {
  readonly #usage: KeyUsage;
  readonly #principals: Principals;

  constructor(usage: KeyUsage, principals: Principals) {
    this.#usage = usage;
    this.#principals = principals;
  }

  @Get('personal-data')
  report(@Req() request: FastifyRequest<{ Querystring: { settled?: string } }>): Promise<KeyReport> {
    this.#principals.operator(request);
    return this.#usage.report(request.query.settled === 'true');
  }
}
