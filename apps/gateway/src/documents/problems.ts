import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { codesOf, problemOfStatus } from './answers.ts';

const retryAfter = z.string().optional().meta({ description: 'Seconds until it makes sense to ask again' });
const known = new Map<number, ZodOpenApiResponseObject>();

/** The answer with each of these statuses; one and the same object for all routes, and so one component. */
export function problems(statuses: number[]): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(statuses.toSorted().map((status) => [String(status), problem(status)]));
}

function problem(status: number): ZodOpenApiResponseObject {
  const before = known.get(status);
  if (before) return before;
  const schema = problemOfStatus(status).meta({ id: `Problem${status}` });
  const response: ZodOpenApiResponseObject = {
    id: `Problem${status}`,
    description: codesOf(status).join(', '),
    content: { 'application/problem+json': { schema } },
    ...([409, 429, 503].includes(status) && { headers: z.object({ 'retry-after': retryAfter }) }),
  };
  known.set(status, response);
  return response;
}
