import { z } from 'zod';

/** So many requests within a window. `limit` of them may come at once; they come back one by one, evenly over the window. */
export interface Rate {
  limit: number;
  windowSeconds: number;
}

const secondsOf: Record<string, number> = { s: 1, m: 60, h: 3_600 };

/** `1000/1s`, `300/5m`, `5000/1h`; `0` is no limit. */
export const rate = z.string().transform((text, context): Rate | undefined => {
  if (text === '0') return undefined;
  const [, limit, count, unit = ''] = /^([1-9]\d{0,5})\/([1-9]\d{0,3})([smh])$/.exec(text) ?? [];
  if (limit !== undefined) return { limit: Number(limit), windowSeconds: Number(count) * secondsOf[unit]! };
  context.addIssue('must be a count and a time such as 1000/1s, 300/5m or 5000/1h, or 0 for no limit');
  return z.NEVER;
});
