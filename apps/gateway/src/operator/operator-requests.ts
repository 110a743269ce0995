import { z } from 'zod';

/** Settled: waits for what is being written at this moment. */
export const keysQuery = z.strictObject({ settled: z.enum(['true', 'false']).default('false') });

export const customerId = z.guid('must be a UUID');

export const stockBody = z.strictObject({ quantity: z.int().min(0).max(1_000_000_000) });
