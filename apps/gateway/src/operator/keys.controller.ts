import { Controller, Get, Req } from '@nestjs/common';
import { principalHeader, valid } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { Callers } from '../auth/callers.ts';
import { EveryReplica, type ReplicaAnswer } from '../placement/every-replica.ts';
import { keysQuery } from './operator-requests.ts';

/**
 * Which keys for personal data each replica of each shard knows, and what is under them. On the operator listener only, and with an
 * operator's token only. It tells ids of keys, and no key.
 */
@Controller('v1/keys')
export class KeysController {
  constructor(
    private readonly callers: Callers,
    private readonly replicas: EveryReplica,
  ) {}

  @Get('personal-data')
  async report(@Req() request: FastifyRequest): Promise<{ replicas: ReplicaAnswer[] }> {
    const { principal } = await this.callers.operator(request);
    const { settled } = valid(keysQuery, request.query, 'query');
    const path = `/keys/personal-data?settled=${settled}`;
    return { replicas: await this.replicas.ask(path, { [principalHeader]: principal }) };
  }
}
