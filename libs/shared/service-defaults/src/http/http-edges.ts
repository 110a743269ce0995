import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, RawServerDefault } from 'fastify';
import { readJson } from './json-body.ts';
import { problemOf, sendProblem } from './problem.filter.ts';
import { Problem, type ProblemCode } from './problem.ts';

export type HttpOptions = FastifyHttpOptions<RawServerDefault>;

const longestUrl = 2_048;
const mostHeaders = 100;

const codeOfClientError: Record<string, ProblemCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
};

/**
 * Fastify as every service wants it: JSON bodies only, everything bounded in size and time, and each answer that Fastify
 * or Node gives by itself a problem that repeats nothing of the request.
 */
export function fastifyAdapter(options: HttpOptions = {}): FastifyAdapter {
  const adapter = new FastifyAdapter({
    // While stopping, requests on open connections are still answered, with `connection: close`; not with a 503.
    return503OnClosing: false,
    bodyLimit: 64 * 1024,
    // Head and body together: who sends a byte now and then holds a connection for that long. Node looks every second.
    requestTimeout: 15_000,
    // Silence of either side, also of one that does not read its answer. Event streams send something twice as often.
    connectionTimeout: 60_000,
    // Longer ids and SKUs than any of ours are not looked at: 414.
    routerOptions: { maxParamLength: 400 },
    exposeHeadRoutes: false,
    // Express' middleware, of which there is none here; its hook runs for each request all the same.
    skipMiddie: true,
    frameworkErrors: (error: Error, _request: unknown, reply: FastifyReply) => sendProblem(reply, problemOf(error)),
    clientErrorHandler,
    ...options,
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
      // Node takes the first of two tokens or content types, and what stands before us may go by the last; joined they are neither.
      joinDuplicateHeaders: true,
      // Node's own refusal is no problem document: `boundHeads` does it.
      requireHostHeader: false,
      ...options.http,
    },
  } as HttpOptions);
  const http = adapter.getInstance();
  takeJsonOnly(http);
  boundHeads(http);
  return adapter;
}

/** Other content is refused, and the answer names what was wrong; Nest would drop the code of Fastify's own error. */
function takeJsonOnly(http: FastifyInstance): void {
  const refuse = (message: string, field = 'content-type') =>
    new Problem('validation-failed', { errors: [{ field, message }] });
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    // A route that does not exist is that, whatever came with it. And nothing is no body, whatever it is said to be: many
    // clients name a content type with every POST. Whether a body is needed, its route says.
    if (request.is404 || bytes.length === 0) return done(null);
    if (!isUtf8Json(request.headers['content-type'])) return done(refuse('charset must be utf-8'));
    const { 'content-encoding': encoding = 'identity' } = request.headers;
    if (encoding !== 'identity') return done(refuse('is not known', 'content-encoding'));
    done(null, readJson(bytes as Buffer));
  });
  http.addContentTypeParser('*', (request, _payload, done) => {
    done(request.is404 ? null : refuse('must be application/json'));
  });
}

const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i;

function isUtf8Json(contentType = ''): boolean {
  if (contentType === 'application/json') return true;
  const [, named = 'utf-8'] = charset.exec(contentType) ?? [];
  return /^utf-?8$/i.test(named);
}

function boundHeads(http: FastifyInstance): void {
  // Node drops what is beyond, without a word; one more, so that it shows.
  http.server.maxHeadersCount = mostHeaders + 1;
  http.server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const problem = new Problem('validation-failed', { errors: [{ field: 'expect', message: 'cannot be met' }] });
    const body = JSON.stringify(problem);
    response.writeHead(problem.status, { ...problemHead(body), connection: 'close' }).end(body);
  });
  http.addHook('onRequest', ({ raw }, _reply, done) => {
    if ((raw.url ?? '').length > longestUrl) return done(new Problem('uri-too-long'));
    // Names and values in turn.
    if (raw.rawHeaders.length > 2 * mostHeaders) return done(new Problem('headers-too-large'));
    if (!isOneHost(raw)) return done(new Problem('validation-failed', { errors: [oneHost] }));
    done();
  });
}

const oneHost = { field: 'host', message: 'must be given once' };

/** RFC 9112, 3.2: none is for HTTP/1.0 only, and two are for nobody. Two have been joined by a comma, which no host has. */
function isOneHost({ headers: { host }, httpVersionMinor }: IncomingMessage): boolean {
  return host === undefined ? httpVersionMinor === 0 : !host.includes(',');
}

/** Node could not read the request, or not in time, so there is no reply object to answer with. */
function clientErrorHandler(error: Error & { code?: string }, socket: Socket): void {
  // Part of an answer is on its way: another one in the middle of it would be taken for more of it.
  const { _httpMessage: begun } = socket as Socket & { _httpMessage?: ServerResponse | null };
  if (error.code === 'ECONNRESET' || !socket.writable || begun?.headersSent) {
    socket.destroy();
    return;
  }
  const problem = new Problem(codeOfClientError[error.code ?? ''] ?? 'validation-failed');
  const body = JSON.stringify(problem);
  const head = { ...problemHead(body), connection: 'close' };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.message}\r\n${lines.join('')}\r\n${body}`);
}

const problemHead = (body: string) => ({
  'content-type': 'application/problem+json',
  'content-length': Buffer.byteLength(body),
});
