import { Agent, type Dispatcher } from 'undici';
import type { Answer } from './allowed-answers.ts';

export interface Reply extends Answer {
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire is what is being judged.
  body: any;
}

export interface Request {
  method: 'GET' | 'POST';
  path: string;
  token: string;
  /** Idempotency-Key. */
  key?: string;
  /** Seconds for `Prefer: wait`. */
  wait?: number;
  body?: unknown;
}

/** Longer than the gateway may take for anything, so that silence is its fault. */
const patienceMs = 20_000;

/** The gateway, as clients reach it. */
export class Gateway {
  readonly #agent = new Agent({ connections: 600, pipelining: 1, headersTimeout: patienceMs, bodyTimeout: patienceMs });

  constructor(private readonly url: string) {}

  /** Undefined when there was no answer: the gateway is away, or the connection broke. */
  async ask({ method, path, token, key, wait, body }: Request): Promise<Reply | undefined> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(wait && { prefer: `wait=${wait}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const options: Dispatcher.RequestOptions = { origin: this.url, method, path, headers };
    if (body !== undefined) options.body = JSON.stringify(body);
    try {
      const answer = await this.#agent.request({ ...options, origin: this.url });
      const text = await answer.body.text();
      const parsed = /^[[{]/.test(text) ? JSON.parse(text) : undefined;
      const retryAfter = answer.headers['retry-after'];
      return {
        status: answer.statusCode,
        code: parsed?.code,
        retryAfter: retryAfter === undefined ? undefined : String(retryAfter),
        body: parsed,
      };
    } catch {
      // A client cannot tell why; it only knows that it does not know.
      return undefined;
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
