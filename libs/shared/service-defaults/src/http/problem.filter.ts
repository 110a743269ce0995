import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { isAway, isTransient } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { Problem, type ProblemCode } from './problem.ts';

/** Statuses that Nest and Fastify raise themselves, before any code of ours runs. */
const codeOfStatus: Record<number, ProblemCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-found',
  408: 'request-timeout',
  413: 'too-large',
  414: 'uri-too-long',
  429: 'rate-limited',
  431: 'headers-too-large',
};

/** The one place where an error becomes an HTTP answer. What it does not know says nothing of itself: no stack, no SQL. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem.code === 'internal-error') this.#logger.error({ err: error }, 'a request failed');
    if (reply.raw.headersSent) {
      // Too late for an answer: cut it, so that the client does not take a half for the whole.
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, problem);
  }
}

/** Fastify could not make sense of the content type, so no parser was asked. In the contract that is a 400. */
const notJson = { field: 'content-type', message: 'must be application/json' };

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  if (status === 415) return new Problem('validation-failed', { errors: [notJson], cause: error });
  if (status !== undefined && status >= 400 && status < 500) {
    return new Problem(codeOfStatus[status] ?? 'validation-failed', { cause: error });
  }
  // Two kinds of "not now": callers that choose where to ask leave alone what is away, and not what is only full.
  if (isAway(error)) return new Problem('shard-unavailable', { cause: error });
  return new Problem(isTransient(error) ? 'overloaded' : 'internal-error', { cause: error });
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error)) return undefined;
  // Fastify's own errors: a body that is too large, is no JSON, has another content type.
  const { statusCode, code } = error as Error & { statusCode?: unknown; code?: unknown };
  return typeof statusCode === 'number' && String(code).startsWith('FST_') ? statusCode : undefined;
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  void reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .send(JSON.stringify(problem));
}
