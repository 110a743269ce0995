import { Problem } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

// Any UUID, as Postgres and the gateway take it: z.uuid() wants the version bits of RFC 9562 too.
const uuid = z.guid();

/** The verified subject, set by the gateway, which removes what clients send under this name. */
export function customerOf(request: FastifyRequest): string {
  const customer = uuid.safeParse(request.headers['x-customer-id']);
  if (!customer.success) throw new Problem('unauthenticated');
  return customer.data.toLowerCase();
}
