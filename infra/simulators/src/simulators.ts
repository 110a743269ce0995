import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import type { SimulatorsConfig } from './config.ts';
import { FaultCounter } from './fault-counter.ts';
import { identityRoutes } from './identity/identity.routes.ts';
import { SigningKeys } from './identity/signing-keys.ts';
import { Journal } from './journal.ts';
import { CallLog } from './payments/call-log.ts';
import { FaultSwitch } from './payments/fault-switch.ts';
import { type Entry, Ledger } from './payments/ledger.ts';
import { PaymentProvider } from './payments/payment-provider.ts';
import { faultRoutes, paymentRoutes } from './payments/payments.routes.ts';
import { TestTokens } from './payments/test-tokens.ts';

/**
 * What in production belongs to somebody else: the payment provider and the identity provider.
 * It shares no code with the apps, as theirs would not. Closing it waits until the journal is on the disk.
 */
export async function simulators(config: SimulatorsConfig): Promise<FastifyInstance> {
  const app = fastify({
    // A caller that hears nothing must not hold up a stop.
    forceCloseConnections: true,
    // Longer than any client keeps an idle connection, so that none is closed under a request.
    keepAliveTimeout: 120_000,
    bodyLimit: 16 * 1024,
    // Bodies are checked against schemas that name every property that is read.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    exposeHeadRoutes: false,
  });
  const ledger = new Ledger();
  const counter = new FaultCounter();
  const journal = await Journal.open<Entry>(join(config.DATA_DIR, 'payments.journal'), (entry) => ledger.apply(entry));
  app.addHook('onClose', () => journal.close());

  const faultSwitch = new FaultSwitch(config.PAYMENT_LATENCY_MS, config.PAYMENT_AUTHORISATIONS_PER_SECOND);
  const provider = new PaymentProvider(ledger, journal, new TestTokens(counter));
  paymentRoutes(app, { provider, ledger, faultSwitch, counter, calls: new CallLog() });
  faultRoutes(app, faultSwitch, counter);
  identityRoutes(app, await SigningKeys.open(config.DATA_DIR), {
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
  });
  app.get('/health/live', async () => ({ status: 'ok' }));
  app.get('/health/ready', async () => ({ status: 'ok' }));
  app.get('/metrics', async (_, reply) => reply.type('text/plain; version=0.0.4').send(counter.metrics()));

  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 500) process.stderr.write(`${error.stack}\n`);
    const code = 'validation' in error ? 'validation-failed' : (error.code ?? 'internal');
    return reply.code(status).send({ code, detail: status === 500 ? undefined : error.message });
  });
  return app;
}
