import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, type Service, type ServiceOptions, Shutdown, start } from '@ringshop/service-defaults';
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { appModules } from '../app.module.ts';
import { gatewayConfig } from '../config.ts';
import { createGateway } from '../gateway.ts';

/** A request as a peer received it. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Behave = (request: Received, response: ServerResponse, raw: IncomingMessage) => void;

/** A real HTTP server that speaks the protocol of a shard or of inventory and remembers what it was asked. */
export class Peer {
  readonly received: Received[] = [];
  readonly #server: Server;
  behave: Behave;

  constructor(behave: Behave) {
    this.behave = behave;
    this.#server = createServer(async (raw, response) => {
      const body = (await raw.toArray()).join('');
      const request = { method: raw.method ?? '', path: raw.url ?? '', headers: raw.headers, body };
      if (request.path !== '/placement') this.received.push(request);
      this.behave(request, response, raw);
    });
  }

  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** An identity provider: serves its JWKS over HTTP, signs what a test asks for, and has keys that come and go. */
export async function identityProvider() {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  // A real key of the provider, for an algorithm that the gateway does not take.
  const unpinned = await generateKeyPair('ES512', { extractable: true });
  const keys: JWK[] = [publicJwk, { ...(await exportJWK(unpinned.publicKey)), kid: 'k2', use: 'sig' }];
  const server = await new Peer((_request, response) => json(response, 200, { keys })).listen();
  const sign = (claims: JWTPayload, { key = pair.privateKey, alg = 'ES256', ...header }: Signing = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg, kid: 'k1', typ: 'JWT', ...header }).sign(key);
  const token = (sub: string, more: JWTPayload = {}, signing: Signing = {}) =>
    sign({ ...goodClaims(sub), ...more }, signing);
  return { server, publicJwk, keys, unpinned: unpinned.privateKey, sign, token };
}

/** With what a token is signed, and what its header says. */
export interface Signing extends Partial<JWTHeaderParameters> {
  key?: Parameters<SignJWT['sign']>[0];
}

/** Publishes a further key. @returns what to sign with to use it */
export async function newKey({ keys }: { keys: JWK[] }, kid: string): Promise<Signing> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  keys.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' });
  return { key: privateKey, kid };
}

/** What shards and inventory verify the gateway's word with. */
export const internalKeys = `test:${Buffer.alloc(32, 7).toString('base64')}`;

export const now = () => Math.floor(Date.now() / 1_000);

export const goodClaims = (sub: string): JWTPayload => ({
  sub,
  iss: 'http://ringshop.local/identity',
  aud: 'ringshop',
  exp: now() + 600,
});

/** A gateway in this process, on free ports, in front of the given peers. */
export async function startGateway(parts: {
  shards: Record<string, string[]>;
  inventory?: string;
  jwks: string;
  env?: Record<string, string>;
}): Promise<Service> {
  const config = gatewayConfig.parse({
    PORT: '0',
    OPERATOR_PORT: '0',
    LOG_LEVEL: 'silent',
    SHARDS: Object.entries(parts.shards)
      .map(([name, urls]) => `${name}=${urls.join('|')}`)
      .join(','),
    INVENTORY_URLS: parts.inventory ?? 'http://127.0.0.1:1',
    INTERNAL_CALL_KEYS: internalKeys,
    JWKS_URL: parts.jwks,
    ...parts.env,
  });
  const logger = createLogger(config.NAME, config.LOG_LEVEL);
  const shutdown = new Shutdown();
  const gateway = createGateway(config, logger);
  gateway.endWith(shutdown);
  const configure: ServiceOptions['configure'] = (app) => gateway.start(app.getHttpAdapter().getInstance());
  return start({ config, ...appModules(config, gateway), logger, shutdown, configure });
}
