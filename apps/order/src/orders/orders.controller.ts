import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { askedBeforeHeader, Principals, pageQuery, traceparentOf, valid } from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { wantedOf } from '../admission/wanted.ts';
import { EventStreams } from '../following/event-streams.ts';
import { waitSeconds } from '../following/wait.ts';
import { readCursor } from './cursor.ts';
import { isTerminal, type Order } from './order.ts';
import { OrderTimeline } from './order-timeline.ts';
import { Orders } from './orders.ts';
import { idempotencyKey, placeRequest } from './place-request.ts';
import type { Page } from './read-orders.ts';

type OfOrder = FastifyRequest<{ Params: { orderId: string } }>;

const page = pageQuery(readCursor);

/**
 * Whose orders? Only the gateway's signed word tells ({@link Principals}), and only the database whether an order is theirs.
 * Requests and replies are Fastify's own: decorators per argument cost as much as the rest of a request.
 */
@Controller('orders')
export class OrdersController {
  readonly #orders: Orders;
  readonly #timeline: OrderTimeline;
  readonly #streams: EventStreams;
  readonly #principals: Principals;

  constructor(orders: Orders, timeline: OrderTimeline, streams: EventStreams, principals: Principals) {
    this.#orders = orders;
    this.#timeline = timeline;
    this.#streams = streams;
    this.#principals = principals;
  }

  @Post()
  async place(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { subject: customerId } = this.#principals.of(request);
    const key = valid(idempotencyKey, request.headers['idempotency-key'], 'idempotency-key');
    const body = valid(placeRequest, request.body);
    const waitMs = waitSeconds(preferOf(request)) * 1000;
    const askedBefore = request.headers[askedBeforeHeader] !== undefined;
    const asked = { isWanted: wantedOf(request), askedBefore, traceparent: traceparentOf(request.headers) };
    const order = await this.#orders.place(customerId, key, body, waitMs, asked);
    await reply
      .code(isTerminal(order) ? 201 : 202)
      .header('location', `/v1/orders/${order.orderId}`)
      .send(order);
  }

  @Post(':orderId/cancel')
  async cancel(@Req() request: OfOrder, @Res() reply: FastifyReply): Promise<void> {
    const { subject } = this.#principals.of(request);
    const key = valid(idempotencyKey, request.headers['idempotency-key'], 'idempotency-key');
    const { orderId } = request.params;
    await reply.code(202).send(await this.#orders.cancel(subject, key, orderId, wantedOf(request)));
  }

  @Get()
  list(@Req() request: FastifyRequest): Promise<Page> {
    const { subject } = this.#principals.of(request);
    const { limit, cursor } = valid(page, request.query, 'query');
    return this.#orders.page(subject, limit, cursor);
  }

  @Get(':orderId')
  one(@Req() request: OfOrder): Promise<Order> {
    return this.#own(request);
  }

  @Get(':orderId/timeline')
  async timeline(@Req() request: OfOrder) {
    return this.#timeline.of(await this.#own(request));
  }

  @Get(':orderId/events')
  async events(@Req() request: OfOrder, @Res() reply: FastifyReply): Promise<void> {
    const { subject: customerId } = this.#principals.of(request);
    const { orderId } = request.params;
    const lastSeen = Number(request.headers['last-event-id'] ?? 0) || 0;
    const read = () => this.#orders.one(customerId, orderId);
    await this.#streams.follow({ customerId, orderId, lastSeen, read }, reply);
  }

  #own(request: OfOrder): Promise<Order> {
    return this.#orders.one(this.#principals.of(request).subject, request.params.orderId);
  }
}

const preferOf = ({ headers }: FastifyRequest) => [headers.prefer].flat().join(', ');
