import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ledger } from './ledger.ts';
import {
  type Answer,
  type AuthoriseRequest,
  type MoneyRequest,
  type PaymentProvider,
  silence,
  type VoidRequest,
} from './payment-provider.ts';

const text = { type: 'string', minLength: 1, maxLength: 255 };
const amount = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const currency = { type: 'string', pattern: '^[A-Z]{3}$' };
const headers = { type: 'object', required: ['idempotency-key'], properties: { 'idempotency-key': text } };
const object = (properties: Record<string, object>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

/** `/payments/*`: the provider's HTTP interface. Refusals answer `{ code }` with 4xx, or 5xx when a retry may help. */
export function paymentRoutes(app: FastifyInstance, provider: PaymentProvider, ledger: Ledger, latencyMs: number) {
  if (latencyMs > 0) {
    app.addHook('preHandler', async (request) => {
      if (request.method === 'POST') await delay(latencyMs);
    });
  }

  post('authorise', { amount, currency, token: text }, (key, body: AuthoriseRequest) => provider.authorise(key, body));
  post('capture', { payment: text, amount, currency }, (key, body: MoneyRequest) => provider.capture(key, body));
  post('void', { payment: text }, (key, body: VoidRequest) => provider.void(key, body));
  post('refund', { payment: text, amount, currency }, (key, body: MoneyRequest) => provider.refund(key, body));

  app.get<{ Params: { key: string } }>('/payments/by-key/:key', async ({ params }, reply) => {
    return (await provider.byKey(params.key)) ?? reply.code(404).send({ code: 'unknown-payment' });
  });
  app.get('/payments/ledger', async () => ({ payments: [...ledger.payments()] }));

  function post<Body>(
    verb: string,
    properties: Record<string, object>,
    act: (key: string, body: Body) => Promise<Answer | typeof silence>,
  ) {
    const schema = { headers, body: object({ orderId: text, ...properties }) };
    app.post(`/payments/${verb}`, { schema }, async (request: FastifyRequest, reply: FastifyReply) => {
      const answer = await act(request.headers['idempotency-key'] as string, request.body as Body);
      if (answer !== silence) return answer;
      // The connection stays open without an answer until its caller gives up.
      reply.hijack();
    });
  }
}
