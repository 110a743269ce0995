import { z } from 'zod';
import { idempotencyKey, lastEventId, pageQuery, placeOrderBody, prefer } from '../orders/order-requests.ts';
import { requestTimeout } from '../upstream/request-timeout.ts';
import * as answers from './answers.ts';
import { call, emptyBody, found, json, merge, orderId, sku } from './operations.ts';
import { problems } from './problems.ts';

const location = z.string().meta({ description: 'Where the order is read' });
const within = z.object({ 'request-timeout': requestTimeout.optional() });
const key = within.extend({ 'idempotency-key': idempotencyKey });

/** What any request may meet on its way in, and what may happen behind. */
const usual = [400, 401, 403, 408, 414, 429, 431, 500, 503, 504];

const orders = [
  call(
    '/v1/orders',
    'post',
    'placeOrder',
    {
      summary: 'Place an order',
      description: 'Repeated with the same key and body, it answers the same order in its state by then.',
      requestParams: { header: key.extend({ prefer: prefer.optional() }) },
      requestBody: { required: true, ...json(placeOrderBody) },
      responses: {
        201: { ...found(answers.order, 'The order, which has ended'), headers: z.object({ location }) },
        202: { ...found(answers.order, 'The order, which is pending'), headers: z.object({ location }) },
      },
    },
    [...usual, 409, 413, 422],
  ),
  call(
    '/v1/orders',
    'get',
    'listOrders',
    {
      summary: 'One’s own orders, newest first',
      requestParams: { query: pageQuery, header: within },
      responses: { 200: found(answers.orderPage) },
    },
    usual,
  ),
  call(
    '/v1/orders/{orderId}',
    'get',
    'readOrder',
    {
      summary: 'An order',
      requestParams: { path: orderId, header: within },
      responses: { 200: found(answers.order) },
    },
    [...usual, 404],
  ),
  call(
    '/v1/orders/{orderId}/timeline',
    'get',
    'readTimeline',
    {
      summary: 'What happened to an order',
      requestParams: { path: orderId, header: within },
      responses: { 200: found(answers.timeline) },
    },
    [...usual, 404],
  ),
  call(
    '/v1/orders/{orderId}/ship-to',
    'get',
    'readShipTo',
    {
      summary: 'Where an order goes',
      requestParams: { path: orderId, header: within },
      responses: { 200: found(answers.shipTo) },
    },
    [...usual, 404, 410],
  ),
  call(
    '/v1/orders/{orderId}/cancel',
    'post',
    'cancelOrder',
    {
      summary: 'Cancel an order',
      description: 'What is accepted ends `cancelled`. A refusal is the answer of its key from then on.',
      requestParams: { path: orderId, header: key },
      requestBody: emptyBody,
      responses: { 202: found(answers.order, 'The order as it stands') },
    },
    [...usual, 404, 409, 413, 422],
  ),
  call(
    '/v1/orders/{orderId}/events',
    'get',
    'followOrder',
    {
      summary: 'The order after each change, until it has ended',
      requestParams: { path: orderId, header: z.object({ 'last-event-id': lastEventId.optional() }) },
      responses: {
        200: {
          description: 'Server-sent events, one after each change of the status',
          content: { 'text/event-stream': { schema: answers.orderEvent } },
        },
        204: { description: 'It has ended, and its end was seen: do not connect again' },
      },
    },
    [...usual, 404],
  ),
];

const products = [
  call(
    '/v1/products',
    'get',
    'listProducts',
    {
      summary: 'What can be bought, by SKU',
      requestParams: { query: pageQuery },
      responses: { 200: found(answers.productPage) },
    },
    usual,
  ),
  call(
    '/v1/products/{sku}',
    'get',
    'readProduct',
    {
      summary: 'A product',
      requestParams: { path: sku },
      responses: { 200: found(answers.productAnswer) },
    },
    [...usual, 404],
  ),
];

const health = (name: 'live' | 'ready') => ({
  [`/health/${name}`]: {
    get: {
      security: [],
      operationId: `health-${name}`,
      summary: name === 'live' ? 'Whether it should be restarted' : 'Whether it should get requests',
      responses: {
        200: found(answers.healthAnswer, 'Yes: it is well'),
        503: found(answers.healthAnswer, 'It is not well, with the reasons'),
        ...problems([408, 414, 431]),
      },
    },
  },
});

export const publicPaths = merge([...orders, ...products, health('live'), health('ready')]);
