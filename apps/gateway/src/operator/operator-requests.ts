import { z } from 'zod';

export const stockBody = z.strictObject({ quantity: z.int().min(0).max(1_000_000_000) });
