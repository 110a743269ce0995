import type { Dispatcher } from 'undici';

export interface Exchange {
  http: number;
  text: string;
}

/** One request and its whole answer. `dispatch` and not `request`: no stream is made for a body of a hundred bytes. */
export function exchange(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    let http = 0;
    const chunks: Buffer[] = [];
    dispatcher.dispatch(options, {
      onRequestStart() {
        // Present so that undici takes this for a handler of its current interface.
      },
      onResponseStart(_controller, statusCode) {
        http = statusCode;
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        resolve({ http, text: Buffer.concat(chunks).toString() });
      },
      onResponseError(_controller, error) {
        reject(error);
      },
    });
  });
}
