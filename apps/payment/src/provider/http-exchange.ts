import { randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';

export interface Exchange {
  http: number;
  text: string;
  retryAfter: string | undefined;
}

export interface HttpRequest {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/**
 * One request and its whole answer, within `timeoutMs` from now on. `dispatch` and not `request`: no stream is made for a
 * body of a hundred bytes.
 *
 * The answer must name the request: on a connection over which a stray second answer came, the next call would be taken
 * for answered by it, and so on for ever. Such a connection is dropped.
 * @throws when there is no such answer, for whatever reason
 */
export function exchange(dispatcher: Dispatcher, request: HttpRequest, timeoutMs: number): Promise<Exchange> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchange>();
  const requestId = randomUUID();
  const answer: Exchange = { http: 0, text: '', retryAfter: undefined };
  const chunks: Buffer[] = [];
  let timedOut: Error | undefined;
  let connection: Dispatcher.DispatchController | undefined;
  const timer = setTimeout(() => {
    timedOut = new Error(`no answer within ${timeoutMs} ms`);
    connection?.abort(timedOut);
    reject(timedOut);
  }, timeoutMs);
  const { method, path, headers, body = null } = request;
  dispatcher.dispatch(
    { method, path, body, headers: { ...headers, 'request-id': requestId } },
    {
      onRequestStart(controller) {
        connection = controller;
        // It waited for a connection all the time, and is not made any more.
        if (timedOut) controller.abort(timedOut);
      },
      onResponseStart(_controller, http, { 'request-id': answered, 'retry-after': retryAfter }) {
        // What stands before the provider may say "not now" in its own name, and nothing else.
        const isNotNow = answered === undefined && (http === 429 || http >= 500);
        if (answered !== requestId && !isNotNow) throw new Error('the answer is one to another request');
        answer.http = http;
        answer.retryAfter = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter;
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        answer.text = Buffer.concat(chunks).toString();
        resolve(answer);
      },
      onResponseError(_controller, error) {
        reject(error);
      },
    },
  );
  return promise.finally(() => clearTimeout(timer));
}
