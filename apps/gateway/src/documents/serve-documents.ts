import swaggerUi from '@fastify/swagger-ui';
import { asyncApi } from '@ringshop/contracts';
import type { FastifyInstance } from 'fastify';
import { messagesPage } from './messages-page.ts';
import { openApi } from './openapi.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What Swagger UI shows. */
    swagger: (options?: { yaml?: boolean }) => object | string;
  }
}

/** Everything comes from here: a page of documents must not tell others who reads it, nor need them. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";
const policyOfSwagger =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/**
 * `/openapi.json` and its page `/docs`, `/asyncapi.json` and its page `/docs/messages`. Made when they are first asked for.
 * Swagger UI without @fastify/swagger, which would gather routes: ours stand in a table.
 */
export async function serveDocuments(http: FastifyInstance): Promise<void> {
  const calls = once(openApi);
  const messages = once(asyncApi);
  const page = once(() => messagesPage(messages()));
  // Every JSON is YAML.
  http.decorate('swagger', ({ yaml = false } = {}) => (yaml ? JSON.stringify(calls(), null, 2) : calls()));
  http.get('/openapi.json', (_request, reply) => reply.send(calls()));
  http.get('/asyncapi.json', (_request, reply) => reply.send(messages()));
  http.get('/docs/messages', (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page()),
  );
  // Called by our own plugin, because Fastify would insist on @fastify/swagger.
  // Nothing is tried out from there: the public listener lets no page of another origin call it.
  const uiConfig = { validatorUrl: null, supportedSubmitMethods: [] };
  const options = { routePrefix: '/docs', staticCSP: policyOfSwagger, uiConfig };
  await http.register(async (inner) => swaggerUi(inner, options, () => undefined));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
