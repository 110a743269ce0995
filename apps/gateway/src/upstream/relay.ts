import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Shutdown } from '@ringshop/service-defaults';
import type { FastifyReply } from 'fastify';
import type { Answer } from './exchange.ts';

/** Hands an answer on to the client as it is. */
export function relay(reply: FastifyReply, { status, headers, body }: Answer): void {
  void reply.code(status).headers(headers).header('cache-control', 'no-store').send(body);
}

/** Pipes an event stream until either side ends, or this process stops: then the client sees an orderly end. */
export function relayStream(
  reply: FastifyReply,
  { status, headers, body }: Answer<Readable>,
  shutdown: Shutdown,
): void {
  reply.hijack();
  const { raw } = reply;
  const end = () => raw.end();
  raw.writeHead(status, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    ...headers,
    'cache-control': 'no-store',
    connection: 'close',
  });
  raw.flushHeaders();
  // It came on a connection that was open when the stop began: an EventSource connects again after an end, not after a 503.
  const forget = status === 200 ? shutdown.onBegin(end) : undefined;
  if (!raw.writableEnded) body.pipe(raw);
  raw.once('close', () => {
    forget?.();
    body.destroy();
  });
  // Cut, not ended: an end would tell the client that there is nothing more to come.
  body.once('error', () => raw.destroy());
}
