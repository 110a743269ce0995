import type { Readable } from 'node:stream';
import { deadlineHeader, type Shutdown, type Work } from '@ringshop/service-defaults';
import { type Dispatcher, errors, type Pool } from 'undici';

/** One request to a replica. `headers` are name, value, name, value: undici writes them as they are. */
export interface UpstreamRequest {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  headers?: string[];
  body?: string;
  /** What it is about, for who is refused first under load. Without it, never: the map, operators. */
  work?: Work | undefined;
  /** How long the client gives it, where that is less than the configuration does. */
  withinMs?: number | undefined;
  /** How long the answer may be held back on purpose (`Prefer: wait`): on top, but of the time that the client gives. */
  holdMs?: number;
  /** Ends a stream. */
  signal?: AbortSignal;
  client?: Client;
  /** When it begins, an answer that is held back is waited for no longer: {@link StopBegan}. */
  shutdown?: Shutdown;
}

/** Whether it has a header of that name; a value may be the same word. */
export const hasHeader = ({ headers = [] }: Pick<UpstreamRequest, 'headers'>, name: string): boolean =>
  headers.some((word, at) => at % 2 === 0 && word === name);

/**
 * Whoever may hang up before there is an answer; one request at a time hears of it. An AbortSignal with its events would cost
 * as much as checking an order does.
 */
export interface Client {
  readonly gone: Error | undefined;
  onGone: ((why: Error) => void) | undefined;
}

/** The answer was still held back when this process was told to stop. */
export class StopBegan extends Error {}

/** What is kept of one request however often, and of whomever, it is asked. */
export interface Tries {
  /** On the monotonic clock. */
  began?: number;
  /** It was asked once more, because an answer got lost, and is not a second time. */
  repeated?: boolean;
}

/** What there is for one exchange, in milliseconds. */
interface Left {
  /** To do what was asked. */
  workMs: number;
  /** To hold the answer back. */
  holdMs: number;
  /** Until the answer is there, held or not. */
  answerMs: number;
}

/** What is left of a request that began so long ago: what has been held back by one replica is not by the next as well. */
export function leftOf({ withinMs, holdMs = 0 }: UpstreamRequest, timeoutMs: number, elapsedMs: number): Left {
  const answerMs = Math.ceil(Math.min(timeoutMs + holdMs, withinMs ?? Number.POSITIVE_INFINITY) - elapsedMs);
  return { workMs: Math.min(timeoutMs, answerMs), holdMs: Math.max(0, holdMs - elapsedMs), answerMs };
}

/** What of an answer goes on to the client. */
export interface Answer<Body = string> {
  status: number;
  headers: Record<string, string>;
  body: Body;
}

const passedOn = ['content-type', 'location', 'retry-after'] as const;

export type Exchange<B> = (pool: Pool, request: UpstreamRequest, left: Left) => Promise<Answer<B>>;

/** Asks and collects the whole answer. Bare `dispatch`: it costs about half of `pool.request()` and its body stream. */
export function exchange(pool: Pool, request: UpstreamRequest, left: Left): Promise<Answer> {
  return new Promise((resolve, reject) => {
    pool.dispatch(dispatchOptions(request, left), new Collector(request, left, resolve, reject));
  });
}

/** Asks and answers as soon as the head is there; destroying the body ends the request. */
export async function exchangeStream(pool: Pool, request: UpstreamRequest, left: Left): Promise<Answer<Readable>> {
  // The other side sends a comment at least every half minute, so silence means that it is gone.
  const options = { ...dispatchOptions(request, left), bodyTimeout: 65_000, signal: request.signal };
  const { statusCode, headers, body } = await pool.request(options);
  return { status: statusCode, headers: pick(headers), body };
}

/** The deadline travels along as what is left of it: the other side has a clock of its own. */
const dispatchOptions = (request: UpstreamRequest, left: Left): Dispatcher.DispatchOptions => ({
  method: request.method,
  path: request.path,
  headers: [...(request.headers ?? []), deadlineHeader, String(left.workMs), ...preferOf(left)],
  body: request.body ?? null,
  headersTimeout: left.answerMs,
});

const preferOf = ({ holdMs }: Left) => (holdMs > 0 ? ['prefer', `wait=${Math.ceil(holdMs / 1_000)}`] : []);

class Collector implements Dispatcher.DispatchHandler {
  readonly #shutdown: Shutdown | undefined;
  readonly #client: Client | undefined;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #forgetShutdown: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #overdue: Error | undefined;

  constructor(request: UpstreamRequest, left: Left, resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#shutdown = request.shutdown;
    this.#client = request.client;
    // undici's own time-outs are right to half a second, which will do for ours.
    if (request.withinMs !== undefined) {
      this.#timer = setTimeout(() => this.#tooSlow(), left.answerMs);
    }
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // That ends it at once, so nothing may be registered afterwards.
    const over = this.#overdue ?? this.#client?.gone;
    if (over) {
      controller.abort(over);
      return;
    }
    if (this.#client) this.#client.onGone = (why) => controller.abort(why);
    this.#forgetShutdown = this.#shutdown?.onBegin(() => controller.abort(new StopBegan('the gateway stops')));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: object): void {
    this.#status = status;
    this.#headers = pick(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#forget();
    const [only] = this.#chunks;
    const body = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body: body.toString() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#forget();
    this.#reject(error);
  }

  #tooSlow(): void {
    this.#overdue = new errors.HeadersTimeoutError('the time that the client gives is over');
    // It may still wait for a connection: then nothing was sent, and is not when it gets one.
    this.#reject(this.#overdue);
    this.#controller?.abort(this.#overdue);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    if (this.#client) this.#client.onGone = undefined;
    this.#forgetShutdown?.();
  }
}

function pick(headers: object): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of passedOn) {
    const value = (headers as Record<string, unknown>)[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}
