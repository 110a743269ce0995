import { money, orderReason, orderStatus, product } from '@ringshop/contracts';
import { problemCodes } from '@ringshop/service-defaults';
import { z } from 'zod';

/** What the services behind the gateway answer, as clients may rely on it: documented, and checked by a test on the whole system. */
const instant = z.iso.datetime();
const orderId = z.uuid();

export const order = z
  .object({
    orderId,
    customerId: z.guid(),
    status: orderStatus,
    reason: orderReason.optional(),
    lines: z.array(z.object({ sku: z.string(), quantity: z.int(), unitPrice: money.optional() })),
    total: money.optional(),
    placedAt: instant,
    updatedAt: instant,
    version: z.int().min(1),
  })
  .meta({ id: 'Order', description: 'Prices and total appear once inventory has priced the lines.' });

export const orderEvent = z
  .object({ event: z.literal('message').optional(), id: z.string(), data: z.string() })
  .meta({ id: 'OrderEvent', description: '`id` is the version of the order, and `data` the order, as JSON.' });

const cursor = z.string().optional().meta({ description: 'There is more: ask for it with this cursor.' });

export const orderPage = z.object({ items: z.array(order), nextCursor: cursor }).meta({ id: 'OrderPage' });

export const timeline = z
  .array(z.object({ at: instant, what: z.string(), detail: z.string() }))
  .meta({ id: 'Timeline', description: 'Every step, reply, retry and compensation in order.' });

export const shipTo = z.object({ name: z.string(), address: z.string() }).meta({ id: 'ShipTo' });

export const productAnswer = product.meta({
  id: 'Product',
  description: 'So many could be reserved at `asOf`; what can be sold is decided when an order reserves it.',
});

export const productPage = z.object({ items: z.array(productAnswer), nextCursor: cursor }).meta({ id: 'ProductPage' });

const reasons = z.array(z.object({ part: z.string(), reason: z.string() }));

export const healthAnswer = z
  .object({ status: z.enum(['ok', 'unavailable']), reasons, notes: reasons.optional() })
  .meta({ id: 'Health' });

export const stockSet = z.object({ sku: z.string(), before: z.int(), after: z.int() }).meta({ id: 'StockSet' });

export const resumed = z
  .object({
    orderId,
    resumed: z.array(z.string()),
    notResumed: z.array(z.object({ name: z.string(), why: z.string() })),
  })
  .meta({ id: 'Resumed' });

export const erased = z.object({ customerId: z.guid(), erasedAt: instant }).meta({ id: 'Erased' });

const rowsByKey = z.record(z.string(), z.int());

export const keysOfReplicas = z
  .object({
    replicas: z.array(
      z.object({
        shard: z.string(),
        url: z.string(),
        said: z
          .object({
            replica: z.string(),
            seals: z.string(),
            opens: z.array(z.string()),
            dataKeys: rowsByKey,
            addresses: rowsByKey,
          })
          .optional(),
        error: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'KeysOfReplicas', description: 'Ids of keys and numbers of rows; no key.' });

const field = z.object({ field: z.string(), message: z.string() });

/** RFC 9457, with the codes that come with one status. */
export const problemOfStatus = (status: number) =>
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.literal(status),
    code: z.enum(codesOf(status) as [string, ...string[]]).meta({ description: 'Stable: switch on this.' }),
    detail: z.string().optional(),
    errors: z.array(field).optional().meta({ description: 'Which fields are bad; never their values.' }),
  });

export const codesOf = (status: number): string[] =>
  Object.entries(problemCodes).flatMap(([code, [its]]) => (its === status ? [code] : []));
