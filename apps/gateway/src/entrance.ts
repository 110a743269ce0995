import { type Logger, problemOf, sendProblem } from '@ringshop/service-defaults';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './auth/caller.ts';
import type { Callers } from './auth/callers.ts';
import type { RateLimits } from './rate-limits/rate-limits.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; there for every handler of the public listener. */
    caller: Caller | undefined;
  }
}

/**
 * What every request on the public listener passes before its body is read: the limit of its address, which also bounds
 * guessing at tokens; its token; and the limit of its customer. Here and not in the handlers, so that no route can forget
 * it. A hook and not a guard of Nest's: a known token of somebody far from the limit costs no promise.
 */
export class Entrance {
  readonly #callers: Callers;
  readonly #limits: RateLimits;
  readonly #logger: Logger;

  constructor(callers: Callers, limits: RateLimits, logger: Logger) {
    this.#callers = callers;
    this.#limits = limits;
    this.#logger = logger;
  }

  guard(http: FastifyInstance): void {
    http.decorateRequest('caller', undefined);
    http.addHook('onRequest', (request, reply, done) => {
      // Never limited: who restarts a gateway because its probes were refused makes it worse.
      if (request.url.startsWith('/health/')) return done();
      this.#pass(this.#limits.address(request, reply), reply, () => {
        // What does not exist needs no token.
        if (request.is404) return done();
        this.#identify(request, reply, done);
      });
    });
  }

  #identify(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const enter = (caller: Caller) => {
      request.caller = caller;
      this.#pass(this.#limits.customer(caller.subject, reply), reply, done);
    };
    const known = this.#callers.known(request);
    if (known) enter(known);
    else
      this.#callers
        .of(request)
        .then(enter)
        .catch((error) => this.#refuse(error, reply));
  }

  #pass(mayGoOn: boolean | Promise<boolean>, reply: FastifyReply, next: () => void): void {
    if (mayGoOn === true) next();
    else if (mayGoOn !== false) mayGoOn.then((may) => may && next()).catch((error) => this.#refuse(error, reply));
  }

  #refuse(error: unknown, reply: FastifyReply): void {
    const problem = problemOf(error);
    if (problem.code === 'internal-error') this.#logger.error({ err: error }, 'a request failed');
    sendProblem(reply, problem);
  }
}

/** The verified customer; no header of the request tells it. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw new Error('a route of the public listener without its entrance');
  return request.caller;
}
