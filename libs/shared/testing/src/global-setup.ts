import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type ServerAddresses, SharedServers } from './shared-servers.ts';

/**
 * Runs once in Vitest's main process. Nothing is started yet: the first spec that asks for a server starts it for all others,
 * so a run of unit specs costs nothing and two specs cannot start the same server twice.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = new SharedServers();
  const desk = createServer((request, response) => {
    servers.address(request.url?.slice(1) as keyof ServerAddresses).then(
      (address) => response.end(JSON.stringify(address)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  project.provide('testServersUrl', `http://127.0.0.1:${(desk.address() as AddressInfo).port}`);
  return async () => {
    desk.close();
    desk.closeAllConnections();
    await servers.stop();
  };
}
