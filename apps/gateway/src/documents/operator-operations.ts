import { z } from 'zod';
import { customerId, keysQuery, stockBody } from '../operator/operator-requests.ts';
import * as answers from './answers.ts';
import { call, emptyBody, found, json, merge, orderId, sku } from './operations.ts';

const usual = [400, 401, 403, 404, 408, 414, 431, 500, 503, 504];

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
    [...usual, 413],
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
    [...usual, 413],
  ),
  call(
    '/v1/customers/{customerId}/erase',
    'post',
    'eraseCustomer',
    {
      summary: 'Make what is personal of a customer unreadable; the orders stay',
      requestParams: { path: z.object({ customerId }) },
      requestBody: emptyBody,
      responses: { 200: found(answers.erased, 'Erased') },
    },
    [...usual, 413],
  ),
  call(
    '/v1/keys/personal-data',
    'get',
    'readKeys',
    {
      summary: 'Which keys for personal data each replica knows, and what is under them',
      requestParams: { query: keysQuery },
      responses: { 200: found(answers.keysOfReplicas) },
    },
    usual,
  ),
];

export const operatorPaths = merge(operator);
