import { Problem } from '@ringshop/service-defaults';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from './exchange.ts';

class FastifyClient implements Client {
  gone: Error | undefined;
  onGone: Client['onGone'];

  constructor(request: FastifyRequest, { raw }: FastifyReply) {
    if (request.raw.socket.destroyed) this.#left();
    raw.once('close', () => {
      if (!raw.writableFinished) this.#left();
    });
  }

  #left(): void {
    // Nobody is left to read this problem, but an error of another kind would be logged as a failure of ours.
    this.gone = new Problem('deadline-exceeded', { detail: 'the client hung up' });
    this.onGone?.(this.gone);
  }
}

export const clientOf = (request: FastifyRequest, reply: FastifyReply): Client => new FastifyClient(request, reply);

/** The same as a signal, for what takes one. */
export function clientGone(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const client = clientOf(request, reply);
  client.onGone = (why) => controller.abort(why);
  if (client.gone) controller.abort(client.gone);
  return controller.signal;
}
