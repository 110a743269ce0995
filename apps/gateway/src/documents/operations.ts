import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { nothing, orderIdParam } from '../orders/order-requests.ts';
import { sku as skuText } from '../text.ts';
import { problems } from './problems.ts';

type Method = 'get' | 'post' | 'put';
type Operation = Pick<
  ZodOpenApiOperationObject,
  'summary' | 'description' | 'requestParams' | 'requestBody' | 'responses'
>;

export const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });
export const found = (schema: z.ZodType, description = 'Found'): ZodOpenApiResponseObject => ({
  description,
  ...json(schema),
});
export const emptyBody = { required: false, description: 'None, or an empty object.', ...json(nothing) };
export const orderId = z.object({ orderId: orderIdParam });
export const sku = z.object({ sku: skuText });

/** One operation of a path. */
export const call = (
  path: string,
  method: Method,
  operationId: string,
  of: Operation,
  statuses: number[],
): ZodOpenApiPathsObject => ({
  [path]: { [method]: { operationId, ...of, responses: { ...of.responses, ...problems(statuses) } } },
});

export function merge(paths: ZodOpenApiPathsObject[]): ZodOpenApiPathsObject {
  const merged: ZodOpenApiPathsObject = {};
  for (const one of paths) for (const [path, item] of Object.entries(one)) merged[path] = { ...merged[path], ...item };
  return merged;
}
