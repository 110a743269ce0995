import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refused } from './options.ts';
import type { StatusJson } from './status.ts';

export interface ControlDesk {
  url: string;
  close(): Promise<void>;
}

/** What others may ask of a running system. */
export interface Controllable {
  status(): Promise<StatusJson>;
  stopPart(name: string, how: { kill: boolean }): Promise<boolean>;
  restartPart(name: string, env: Record<string, string>, how: { kill: boolean }): Promise<void>;
}

/**
 * How `status`, `stop` and `restart` reach the runner: HTTP on a loopback port, open to whoever knows the token.
 * GET /status; POST /parts/<name>/stop, /parts/<name>/restart (both with ?kill=1), /stop.
 */
export async function openControlDesk(
  system: Controllable,
  token: string,
  onStopRequest: () => void,
): Promise<ControlDesk> {
  const serve = async (request: IncomingMessage): Promise<unknown> => {
    const url = new URL(request.url ?? '/', 'http://desk');
    const kill = url.searchParams.get('kill') === '1';
    const [what, name, order] = url.pathname.slice(1).split('/').map(decodeURIComponent);
    if (request.method === 'GET' && what === 'status') return system.status();
    if (request.method === 'POST' && what === 'stop') return onStopRequest();
    if (request.method === 'POST' && what === 'parts' && name && order === 'stop') {
      return { wasRunning: await system.stopPart(name, { kill }) };
    }
    if (request.method === 'POST' && what === 'parts' && name && order === 'restart') {
      return system.restartPart(name, {}, { kill });
    }
    throw new Refused(`the runner does not understand ${request.method} ${url.pathname}`);
  };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
    return serve(request).then(
      (result) => response.end(JSON.stringify(result ?? {})),
      (error: Error) => response.writeHead(error instanceof Refused ? 409 : 500).end(error.message),
    );
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
