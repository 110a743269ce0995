import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FaultCounter } from '../fault-counter.ts';
import { type Call, type CallLog, verbs } from './call-log.ts';
import { Delivery } from './delivery.ts';
import { type Fault, faults } from './fault.ts';
import type { FaultSwitch, Faults } from './fault-switch.ts';
import type { Ledger } from './ledger.ts';
import type { AuthoriseRequest, MoneyRequest, PaymentProvider, VoidRequest } from './payment-provider.ts';
import { Refusal } from './refusal.ts';

const text = { type: 'string', minLength: 1, maxLength: 255 };
const amount = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const currency = { type: 'string', pattern: '^[A-Z]{3}$' };
const headers = { type: 'object', required: ['idempotency-key'], properties: { 'idempotency-key': text } };
const object = (properties: Record<string, object>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

export interface PaymentParts {
  provider: PaymentProvider;
  ledger: Ledger;
  faultSwitch: FaultSwitch;
  counter: FaultCounter;
  calls: CallLog;
}

/**
 * `/payments/*`: the provider's HTTP interface. Refusals answer `{ code }` with 4xx, or 5xx when a retry may help. A
 * caller's `request-id` comes back with the answer, so that it can tell which request is answered.
 */
export function paymentRoutes(app: FastifyInstance, parts: PaymentParts): void {
  const { provider, ledger } = parts;
  const call = caller(app, parts);

  post('authorise', { amount, currency, token: text }, (key, body: AuthoriseRequest) => ({
    work: () => provider.authorise(key, body),
    fault: () => provider.faultOfAuthorise(key, body),
  }));
  post('capture', { payment: text, amount, currency }, (key, body: MoneyRequest) => ({
    work: () => provider.capture(key, body),
    fault: () => provider.faultOfCapture(key, body),
  }));
  post('void', { payment: text }, (key, body: VoidRequest) => ({ work: () => provider.void(key, body) }));
  post('refund', { payment: text, amount, currency }, (key, body: MoneyRequest) => ({
    work: () => provider.refund(key, body),
  }));

  app.get<{ Params: { key: string } }>('/payments/by-key/:key', ({ params: { key } }, reply) => {
    const work = async () => {
      const answer = await provider.byKey(key);
      if (!answer) throw new Refusal(404, 'unknown-payment');
      return answer;
    };
    return call(reply, { verb: 'look-up', key }, { work });
  });
  app.get('/payments/ledger', async () => ({ payments: [...ledger.payments()] }));
  app.get<{ Querystring: { orderId: string } }>(
    '/payments/calls',
    { schema: { querystring: object({ orderId: text }) } },
    async ({ query }) => ({ calls: parts.calls.about(query.orderId) }),
  );

  function post<Body extends VoidRequest | AuthoriseRequest>(
    verb: Call['verb'],
    properties: Record<string, object>,
    asked: (key: string, body: Body) => Asked,
  ) {
    const schema = { headers, body: object({ orderId: text, ...properties }) };
    app.post(`/payments/${verb}`, { schema }, (request: FastifyRequest, reply: FastifyReply) => {
      const key = request.headers['idempotency-key'] as string;
      const body = request.body as Body;
      return call(reply, { verb, key, orderId: body.orderId }, asked(key, body));
    });
  }
}

interface Asked {
  work: () => Promise<object>;
  /** How it goes wrong by its test token. */
  fault?: () => Fault | undefined;
}

/** Makes one call: late, or wrong, or neither. */
function caller(app: FastifyInstance, { faultSwitch, counter, calls }: PaymentParts) {
  const delivery = new Delivery();
  app.addHook('onRequest', async ({ headers, raw }, reply) => {
    delivery.arrived(raw.socket);
    if (headers['request-id']) reply.header('request-id', headers['request-id']);
  });
  return async (reply: FastifyReply, call: Omit<Call, 'at' | 'fault'>, { work, fault }: Asked) => {
    const general = faultSwitch.next(call.verb);
    if (general) counter.count(general);
    const wrong = general ?? fault?.();
    calls.add({ at: Date.now(), ...call, fault: wrong });
    const waitMs =
      (call.verb === 'look-up' ? 0 : faultSwitch.latencyMs) +
      (call.verb === 'authorise' ? faultSwitch.authorisations.turn() : 0);
    if (waitMs > 0) await delay(waitMs);
    return delivery.deliver(reply, work, wrong, faultSwitch.retryAfterS);
  };
}

/** `/faults`: makes the provider go wrong on purpose. No provider has this; tests and chaos do. */
export function faultRoutes(app: FastifyInstance, faultSwitch: FaultSwitch, counter: FaultCounter): void {
  const count = { type: 'integer', minimum: 0 };
  const counts = [...faults, 'retryAfterS', 'latencyMs', 'authorisationsPerSecond'];
  const body = {
    type: 'object',
    // Fastify would drop a misspelt fault in silence.
    propertyNames: { enum: [...counts, 'only'] },
    properties: { ...Object.fromEntries(counts.map((name) => [name, count])), only: { enum: [...verbs] } },
  };
  const state = () => {
    const { left, retryAfterS, latencyMs, authorisations } = faultSwitch;
    return { left, fired: counter.fired, retryAfterS, latencyMs, authorisationsPerSecond: authorisations.perSecond };
  };
  app.get('/faults', async () => state());
  app.put<{ Body: Faults }>('/faults', { schema: { body } }, async ({ body }) => {
    faultSwitch.set(body);
    return state();
  });
}
