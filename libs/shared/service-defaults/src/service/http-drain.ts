import type { Server } from 'node:http';
import { gauge } from '../runtime/metrics.ts';

const inFlightGauge = gauge('http_requests_in_flight', 'Requests being answered');

/**
 * `server.close()` waits for every open connection, also for one on which nothing was ever asked, such as a pool's spare
 * or a browser's preconnect; and to close them all at once would cut answers. This counts what is being answered, so
 * that the rest can be closed. The returned function ends when `close` has.
 */
export function drainOnClose(server: Server): (close: () => Promise<void>) => Promise<void> {
  let inFlight = 0;
  server.on('request', (_request, response) => {
    inFlight++;
    inFlightGauge.inc();
    response.once('close', () => {
      inFlight--;
      inFlightGauge.dec();
    });
  });
  return async (close) => {
    // Not at once: a request may already be on its way on a connection that just opened.
    const sweep = setInterval(() => inFlight === 0 && server.closeAllConnections(), 250);
    try {
      await close();
    } finally {
      clearInterval(sweep);
    }
  };
}
