import type { FastifyInstance, FastifyReply } from 'fastify';
import { registry } from '../runtime/metrics.ts';
import type { Health, Reason } from './health.ts';

/** `/health/live` and `/health/ready`: 200, or 503 with the reasons. Raw routes, so that they answer before Nest does. */
export function serveProbes(http: FastifyInstance, health: Health): void {
  http.get('/health/live', (_request, reply) => answer(reply, health.live()));
  http.get('/health/ready', (_request, reply) => answer(reply, health.ready(), health.notes()));
}

/** `/metrics` in the Prometheus text format. */
export function serveMetrics(http: FastifyInstance): void {
  http.get('/metrics', async (_request, reply) => {
    const text = await registry.metrics();
    return reply.type(registry.contentType).send(text);
  });
}

function answer(reply: FastifyReply, reasons: Reason[], notes: Reason[] = []): FastifyReply {
  const red = reasons.length > 0;
  return reply
    .code(red ? 503 : 200)
    .header('cache-control', 'no-store')
    .send({ status: red ? 'unavailable' : 'ok', reasons, ...(notes.length > 0 && { notes }) });
}
