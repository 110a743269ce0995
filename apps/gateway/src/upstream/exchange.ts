import type { Readable } from 'node:stream';
import type { Dispatcher, Pool } from 'undici';

/** One request to a replica. `headers` are name, value, name, value: undici writes them as they are. */
export interface UpstreamRequest {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  headers?: string[];
  body?: string;
  /** Milliseconds until the answer has to begin. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What of an answer goes on to the client. */
export interface Answer<Body = string> {
  status: number;
  headers: Record<string, string>;
  body: Body;
}

const passedOn = ['content-type', 'location', 'retry-after'] as const;

/** Asks and collects the whole answer. Bare `dispatch`: it costs about half of `pool.request()` and its body stream. */
export function exchange(pool: Pool, request: UpstreamRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    pool.dispatch(dispatchOptions(request), new Collector(request.signal, resolve, reject));
  });
}

/** Asks and answers as soon as the head is there; destroying the body ends the request. */
export async function exchangeStream(pool: Pool, request: UpstreamRequest): Promise<Answer<Readable>> {
  // The other side sends a comment at least every half minute, so silence means that it is gone.
  const options = { ...dispatchOptions(request), bodyTimeout: 65_000, signal: request.signal };
  const { statusCode, headers, body } = await pool.request(options);
  return { status: statusCode, headers: pick(headers), body };
}

const dispatchOptions = ({ method, path, headers, body, timeoutMs }: UpstreamRequest): Dispatcher.DispatchOptions => ({
  method,
  path,
  headers: headers ?? null,
  body: body ?? null,
  headersTimeout: timeoutMs,
});

class Collector implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #abort: (() => void) | undefined;

  constructor(signal: AbortSignal | undefined, resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#signal === undefined) return;
    this.#abort = () => controller.abort(this.#signal?.reason);
    if (this.#signal.aborted) this.#abort();
    else this.#signal.addEventListener('abort', this.#abort, { once: true });
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

  #forget(): void {
    if (this.#abort) this.#signal?.removeEventListener('abort', this.#abort);
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
