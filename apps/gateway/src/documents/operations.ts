import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { keysQuery, stockBody } from '../operator/operator-requests.ts';
import {
  idempotencyKey,
  lastEventId,
  nothing,
  orderIdParam,
  pageQuery,
  placeOrderBody,
  prefer,
} from '../orders/order-requests.ts';
import { text } from '../text.ts';
import * as answers from './answers.ts';
import { problems } from './problems.ts';

type Method = 'get' | 'post' | 'put';
type Operation = Pick<
  ZodOpenApiOperationObject,
  'summary' | 'description' | 'requestParams' | 'requestBody' | 'responses'
>;

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });
const found = (schema: z.ZodType, description = 'Found'): ZodOpenApiResponseObject => ({
  description,
  ...json(schema),
});
const emptyBody = { required: false, description: 'None, or an empty object.', ...json(nothing) };
const location = z.string().meta({ description: 'Where the order is read' });
const orderId = z.object({ orderId: orderIdParam });
const sku = z.object({ sku: text(64) });
const key = z.object({ 'idempotency-key': idempotencyKey });
const noToken = { security: [] };

/** What any request may meet on its way in, and what may happen behind. */
const always = [400, 401, 408, 414, 429, 431, 500, 503, 504];
const operators = [400, 401, 403, 404, 408, 414, 431, 500, 503, 504];

const call = (path: string, method: Method, operationId: string, of: Operation, statuses: number[]) => ({
  [path]: { [method]: { operationId, ...of, responses: { ...of.responses, ...problems(statuses) } } },
});

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
    [...always, 409, 413, 422],
  ),
  call(
    '/v1/orders',
    'get',
    'listOrders',
    {
      summary: 'One’s own orders, newest first',
      requestParams: { query: pageQuery },
      responses: { 200: found(answers.orderPage) },
    },
    always,
  ),
  call(
    '/v1/orders/{orderId}',
    'get',
    'readOrder',
    {
      summary: 'An order',
      requestParams: { path: orderId },
      responses: { 200: found(answers.order) },
    },
    [...always, 404],
  ),
  call(
    '/v1/orders/{orderId}/timeline',
    'get',
    'readTimeline',
    {
      summary: 'What happened to an order',
      requestParams: { path: orderId },
      responses: { 200: found(answers.timeline) },
    },
    [...always, 404],
  ),
  call(
    '/v1/orders/{orderId}/ship-to',
    'get',
    'readShipTo',
    {
      summary: 'Where an order goes',
      requestParams: { path: orderId },
      responses: { 200: found(answers.shipTo) },
    },
    [...always, 404],
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
    [...always, 404, 409, 413, 422],
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
    [...always, 404],
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
    always,
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
    [...always, 404],
  ),
];

const health = (name: 'live' | 'ready') => ({
  [`/health/${name}`]: {
    get: {
      ...noToken,
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

const operator = [
  call(
    '/v1/stock/{sku}',
    'put',
    'setStock',
    {
      summary: 'Set what is available of a product',
      requestParams: { path: sku },
      requestBody: { required: true, ...json(stockBody) },
      responses: { 200: found(answers.stockSet, 'Set') },
    },
    [...operators, 413],
  ),
  call(
    '/v1/sagas/{orderId}/resume',
    'post',
    'resumeSagas',
    {
      summary: 'Have the parked sagas of an order tried again now',
      requestParams: { path: orderId },
      requestBody: emptyBody,
      responses: { 201: found(answers.resumed, 'Resumed') },
    },
    [...operators, 413],
  ),
  call(
    '/v1/customers/{customerId}/erase',
    'post',
    'eraseCustomer',
    {
      summary: 'Make what is personal of a customer unreadable; the orders stay',
      requestParams: { path: z.object({ customerId: z.guid() }) },
      requestBody: emptyBody,
      responses: { 200: found(answers.erased, 'Erased') },
    },
    [...operators, 413],
  ),
];

const keys = call(
  '/v1/keys/personal-data',
  'get',
  'readKeys',
  {
    summary: 'Which keys for personal data each replica knows, and what is under them',
    requestParams: { query: keysQuery },
    responses: { 200: found(answers.keysOfReplicas) },
  },
  operators,
);

export const publicPaths = merge([...orders, ...products, health('live'), health('ready')]);
export const operatorPaths = merge([...operator, keys]);

function merge(paths: ZodOpenApiPathsObject[]): ZodOpenApiPathsObject {
  const merged: ZodOpenApiPathsObject = {};
  for (const one of paths) for (const [path, item] of Object.entries(one)) merged[path] = { ...merged[path], ...item };
  return merged;
}
