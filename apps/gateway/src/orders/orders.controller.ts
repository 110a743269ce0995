import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { isOrderId, slotOfOrder } from '@ringshop/placement';
import {
  askedBeforeHeader,
  Problem,
  principalHeader,
  Shutdown,
  traceHeader,
  traceparentOf,
  valid,
  type Work,
} from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../entrance.ts';
import { Shards } from '../placement/shards.ts';
import { clientGone, clientOf } from '../upstream/client-of.ts';
import { type Answer, StopBegan, type UpstreamRequest } from '../upstream/exchange.ts';
import { relay, relayStream } from '../upstream/relay.ts';
import { withinOf } from '../upstream/request-timeout.ts';
import {
  idempotencyKeyOf,
  lastEventIdOf,
  pageOf,
  placeOrderBody,
  requireNoBody,
  requireNoQuery,
  waitOf,
} from './order-requests.ts';

type OfOrder = FastifyRequest<{ Params: { orderId: string } }>;

/**
 * The orders of whoever asks. Checks the request and sends it to the right shard with the gateway's signed word on
 * who asks; no header of the client goes on as it came, but the trace that it says it belongs to. Whether an order is the
 * customer's own is decided by the shard.
 */
@Controller('v1/orders')
export class OrdersController {
  constructor(
    private readonly shards: Shards,
    private readonly shutdown: Shutdown,
  ) {}

  @Post()
  async place(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { slot, principal } = callerOf(request);
    const key = idempotencyKeyOf(request);
    const withinMs = withinOf(request);
    // Whoever leaves earlier than they wait is told what there is shortly before.
    const seconds = Math.min(waitOf(request), Math.ceil((withinMs ?? Number.POSITIVE_INFINITY) / 1_000) - 1);
    requireNoQuery(request);
    // Written anew from what was checked: a body that two parsers read differently cannot get through.
    const body = JSON.stringify(valid(placeOrderBody, request.body, 'body'));
    const headers = [principalHeader, principal, 'idempotency-key', key, 'content-type', 'application/json'];
    const trace = traceparentOf(request.headers);
    if (trace) headers.push(traceHeader, trace);
    const client = clientOf(request, reply);
    const order: UpstreamRequest = { method: 'POST', path: '/orders', headers, body, work: 'write', withinMs, client };
    const placed = seconds > 0 ? this.#wait(slot, order, seconds) : this.shards.send(slot, order);
    relay(reply, await placed);
  }

  @Post(':orderId/cancel')
  async cancel(@Req() request: OfOrder, @Res() reply: FastifyReply) {
    const { principal } = callerOf(request);
    const headers = [principalHeader, principal, 'idempotency-key', idempotencyKeyOf(request)];
    requireNoQuery(request);
    requireNoBody(request);
    const { orderId } = request.params;
    const path = `/orders/${orderId}/cancel`;
    const client = clientOf(request, reply);
    const ask: UpstreamRequest = { method: 'POST', path, headers, work: 'write', withinMs: withinOf(request), client };
    relay(reply, await this.shards.send(slotOfExisting(orderId), ask));
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { slot, principal } = callerOf(request);
    const path = `/orders${pageOf(request)}`;
    relay(reply, await this.shards.send(slot, read('list', principal, path, withinOf(request))));
  }

  @Get(':orderId')
  async one(@Req() request: OfOrder, @Res() reply: FastifyReply) {
    relay(reply, await this.#read(request, ''));
  }

  @Get(':orderId/timeline')
  async timeline(@Req() request: OfOrder, @Res() reply: FastifyReply) {
    relay(reply, await this.#read(request, '/timeline'));
  }

  @Get(':orderId/ship-to')
  async shipTo(@Req() request: OfOrder, @Res() reply: FastifyReply) {
    relay(reply, await this.#read(request, '/ship-to'));
  }

  @Get(':orderId/events')
  async events(@Req() request: OfOrder, @Res() reply: FastifyReply) {
    const { principal } = callerOf(request);
    const { orderId } = request.params;
    requireNoQuery(request);
    const signal = clientGone(request, reply);
    const headers = [principalHeader, principal, 'last-event-id', lastEventIdOf(request)];
    const ask: UpstreamRequest = { method: 'GET', path: `/orders/${orderId}/events`, headers, work: 'read', signal };
    relayStream(reply, await this.shards.stream(slotOfExisting(orderId), ask), this.shutdown);
  }

  async #read(request: OfOrder, part: string): Promise<Answer> {
    const { principal } = callerOf(request);
    requireNoQuery(request);
    const { orderId } = request.params;
    const path = `/orders/${orderId}${part}`;
    return this.shards.send(slotOfExisting(orderId), read('read', principal, path, withinOf(request)));
  }

  /**
   * When this gateway has to stop, the same key asks again without the wait: that answers at once with the state now. It is
   * work for nobody, so it needs no place; all that wait ask at once.
   */
  async #wait(slot: number, order: UpstreamRequest, seconds: number): Promise<Answer> {
    const { shutdown } = this;
    if (shutdown.signal.aborted) return this.shards.send(slot, order);
    const began = performance.now();
    try {
      return await this.shards.send(slot, { ...order, shutdown, holdMs: seconds * 1_000 });
    } catch (error) {
      if (!(error instanceof StopBegan)) throw error;
      const { headers = [], withinMs } = order;
      const left = withinMs && withinMs - (performance.now() - began);
      const again = [...headers, askedBeforeHeader, '1'];
      return this.shards.send(slot, { ...order, headers: again, withinMs: left, work: undefined });
    }
  }
}

const read = (work: Work, principal: string, path: string, withinMs: number | undefined): UpstreamRequest => ({
  work,
  withinMs,
  method: 'GET',
  path,
  headers: [principalHeader, principal],
});

/** What is no order id cannot be the id of an order, and is answered like one that does not exist. */
export function slotOfExisting(orderId: string): number {
  if (!isOrderId(orderId)) throw new Problem('not-found');
  return slotOfOrder(orderId);
}
