import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Fault } from './fault.ts';
import { Refusal } from './refusal.ts';

interface Outcome {
  http: number;
  body: object;
}

/** Brings requests to their work, and answers to their callers, or fails to. */
export class Delivery {
  readonly #seconds = new WeakMap<Socket, () => void>();

  /** To be called as soon as a request arrives: a second answer reaches its caller where it waits for another one. */
  arrived(socket: Socket): void {
    this.#seconds.get(socket)?.();
  }

  async deliver(
    reply: FastifyReply,
    work: () => Promise<object>,
    fault: Fault | undefined,
    retryAfterS: number,
  ): Promise<unknown> {
    switch (fault) {
      case 'http500':
        return broken(reply);
      case 'http503':
        return send(reply, { http: 503, body: { code: 'temporarily-unavailable' } });
      case 'http429':
        return send(reply.header('retry-after', retryAfterS), { http: 429, body: { code: 'too-many-requests' } });
      case 'hang':
        return reply.hijack();
      case 'reset':
        return reset(reply);
    }
    const outcome = await outcomeOf(work);
    switch (fault) {
      case 'http500Done':
        return broken(reply);
      case 'hangDone':
        return reply.hijack();
      case 'resetDone':
        return reset(reply);
      case 'halfAnswer':
        return half(reply, outcome);
      case 'twice':
        await outcomeOf(work);
        this.#secondAnswer(reply, outcome);
    }
    return send(reply, outcome);
  }

  /** Once more, ahead of the answer to the next request on this connection; or soon, where none comes. */
  #secondAnswer(reply: FastifyReply, { http, body }: Outcome): void {
    const { socket } = reply.request.raw;
    const text = JSON.stringify(body);
    const requestId = reply.getHeader('request-id');
    const head = [
      `HTTP/1.1 ${http} Again`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(text)}`,
      ...(requestId ? [`request-id: ${requestId}`] : []),
    ].join('\r\n');
    const answer = () => {
      clearTimeout(soon);
      this.#seconds.delete(socket);
      if (socket.writable) socket.write(`${head}\r\n\r\n${text}`);
    };
    const soon = setTimeout(answer, 500);
    this.#seconds.set(socket, answer);
  }
}

async function outcomeOf(work: () => Promise<object>): Promise<Outcome> {
  try {
    return { http: 200, body: await work() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { http: error.statusCode, body: { code: error.code } };
  }
}

const send = (reply: FastifyReply, { http, body }: Outcome) => reply.code(http).send(body);

const broken = (reply: FastifyReply) => reply.code(500).type('text/html').send('<h1>Internal Server Error</h1>');

function reset(reply: FastifyReply): FastifyReply {
  reply.hijack();
  reply.request.raw.socket.resetAndDestroy();
  return reply;
}

/** The caller learns that there is an answer, and no more. */
function half(reply: FastifyReply, { http, body }: Outcome): FastifyReply {
  reply.hijack();
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  reply.raw.writeHead(http, { ...headers, ...requestIdOf(reply) });
  reply.raw.write(text.slice(0, text.length / 2));
  return reply;
}

const requestIdOf = (reply: FastifyReply) => {
  const requestId = reply.getHeader('request-id');
  return requestId ? { 'request-id': requestId } : {};
};
