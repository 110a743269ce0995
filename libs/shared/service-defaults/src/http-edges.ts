import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyServerOptions } from 'fastify';
import { problemOf, sendProblem } from './problem.filter.ts';
import { Problem } from './problem.ts';

const statusOfClientError: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/**
 * Fastify as every service wants it: JSON bodies only, everything bounded in size and time, and each answer that Fastify
 * or Node gives by itself a problem that repeats nothing of the request.
 */
export function fastifyAdapter(options: FastifyServerOptions = {}): FastifyAdapter {
  const adapter = new FastifyAdapter({
    // While stopping, requests on open connections are still answered, with `connection: close`; not with a 503.
    return503OnClosing: false,
    bodyLimit: 64 * 1024,
    requestTimeout: 15_000,
    http: { headersTimeout: 10_000 },
    exposeHeadRoutes: false,
    frameworkErrors: (error: Error, _request: unknown, reply: FastifyReply) => sendProblem(reply, problemOf(error)),
    clientErrorHandler,
    ...options,
  });
  takeJsonOnly(adapter.getInstance());
  return adapter;
}

/** Other content is refused, and the answer names what was wrong; Nest would drop the code of Fastify's own error. */
function takeJsonOnly(http: FastifyInstance): void {
  const refuse = (field: string, message: string, cause?: Error) =>
    new Problem('validation-failed', { errors: [{ field, message }], cause });
  // Fastify's own parser: it refuses `__proto__` and `constructor.prototype` keys.
  const parse = http.getDefaultJsonParser('error', 'error');
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    // A route that does not exist is that, whatever came with it. And nothing is no body, whatever it is said to be: many
    // clients name a content type with every POST. Whether a body is needed, its route says.
    if (request.is404 || text.length === 0) return done(null);
    void parse(request, String(text), (error, value) => {
      done(error ? refuse('body', 'must be JSON', error) : null, value);
    });
  });
  http.addContentTypeParser('*', (request, _payload, done) => {
    done(request.is404 ? null : refuse('content-type', 'must be application/json'));
  });
}

/** Node could not read the request, so there is no reply object to answer with. */
function clientErrorHandler(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOfClientError[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ ...new Problem('validation-failed').toJSON(), status: Number.parseInt(status, 10) });
  const headers = `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}
