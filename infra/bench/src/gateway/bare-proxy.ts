/**
 * The yardstick: what Fastify and undici cost when nothing is done but to check the token and pass the request on. The token
 * check is the gateway's: pinned algorithms, and a bounded memory of verified tokens, found by their last characters. No Nest, no schema,
 * no shards, no limits, no metrics; bodies go on unread. Runs as a process of its own, with PORT, UPSTREAM_URL and JWKS_URL.
 */
import fastify, { type FastifyRequest } from 'fastify';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';

const { PORT, UPSTREAM_URL = '', JWKS_URL = '' } = process.env;
const keys = createRemoteJWKSet(new URL(JWKS_URL));
const remembered = new LRUCache<string, { header: string; sub: string; until: number }>({ max: 10_000 });
const tail = 43;
const bearer = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

async function customerOf(request: FastifyRequest): Promise<string> {
  const { authorization: header = '' } = request.headers;
  const known = remembered.get(header.slice(-tail));
  if (known !== undefined && known.header === header && known.until > Date.now()) return known.sub;
  const [, token = ''] = bearer.exec(header) ?? [];
  const { payload } = await jwtVerify(token, keys, {
    issuer: 'http://ringshop.local/identity',
    audience: 'ringshop',
    algorithms: ['ES256', 'RS256'],
  });
  const verified = { header, sub: payload.sub ?? '', until: (payload.exp ?? 0) * 1_000 };
  remembered.set(header.slice(-tail), verified);
  return verified.sub;
}

const upstream = new Pool(UPSTREAM_URL, { pipelining: 1 });
const http = fastify();
http.removeAllContentTypeParsers();
http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
http.route({
  method: ['GET', 'POST'],
  url: '/v1/*',
  handler: async (request, reply) => {
    const customer = await customerOf(request);
    const { 'content-type': type, 'idempotency-key': key } = request.headers;
    const { statusCode, headers, body } = await upstream.request({
      method: request.method as 'GET' | 'POST',
      path: request.url.slice('/v1'.length),
      headers: {
        'x-customer-id': customer,
        ...(type !== undefined && { 'content-type': type }),
        ...(typeof key === 'string' && { 'idempotency-key': key }),
      },
      body: request.body as Buffer | undefined,
    });
    const { 'content-type': answered = '', location } = headers;
    if (location !== undefined) reply.header('location', location);
    return reply
      .code(statusCode)
      .type(String(answered))
      .send(await body.text());
  },
});
await http.listen({ port: Number(PORT), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit(0));
