import { readFileSync } from 'node:fs';
import { asyncApi } from '@ringshop/contracts';
import { firstMap } from '@ringshop/placement';
import type { Service } from '@ringshop/service-defaults';
import { routesOf } from '@ringshop/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityProvider, json, Peer, startGateway } from '../spec/peers.ts';
import { openApi } from './openapi.ts';

let shard: Peer;
let idp: Awaited<ReturnType<typeof identityProvider>>;
let gateway: Service;

beforeAll(async () => {
  idp = await identityProvider();
  shard = await new Peer((_request, response) => json(response, 200, firstMap(['order-1']))).listen();
  gateway = await startGateway({ shards: { 'order-1': [shard.url] }, jwks: `${idp.server.url}/jwks` });
});
afterAll(async () => {
  await gateway.stop();
  for (const peer of [shard, idp.server]) await peer.close();
});

const get = async (url: string | URL) => {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, html: await response.text() };
};
const document = openApi() as unknown as { paths: Record<string, Record<string, unknown>> };
const methods = ['get', 'post', 'put', 'patch', 'delete'];
/** `GET /v1/orders/{orderId}`, of every operation. */
const documented = (operator: boolean) =>
  Object.entries(document.paths)
    .filter(([, item]) => 'servers' in item === operator)
    .flatMap(([path, item]) =>
      methods.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    .toSorted();

/** What is for browsers and scrapers of the operators, and no part of the API. */
const beside = /^(GET|HEAD) \/(health\/|metrics|(openapi|asyncapi)\.json|docs)/;

function served(app: Service['app']): string[] {
  const routes = routesOf(app.getHttpAdapter().getInstance());
  return routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).toSorted();
}

test('every route of both listeners is documented, and nothing else is', () => {
  expect(served(gateway.app)).toEqual(documented(false));
  expect(served(gateway.operatorApp!).filter((route) => !beside.test(route))).toEqual(documented(true));
});

test.each([
  ['openapi.json', openApi()],
  ['asyncapi.json', asyncApi()],
])('docs/%s is what the code says; `npm run docs` writes it', async (name, made) => {
  const written = readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');
  expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(made)));
  expect(await (await fetch(`${gateway.operatorUrl}/${name}`)).json()).toEqual(JSON.parse(written));
});

test.each(['/docs/', '/docs/messages'])(
  '%s is a page that loads nothing from elsewhere, for operators only',
  async (path) => {
    expect((await fetch(gateway.url + path)).status).toBe(404);
    const page = await fetch(gateway.operatorUrl + path);
    const html = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    // No other host, and no page that is empty because its scripts are asked for by https.
    expect(page.headers.get('content-security-policy')).not.toMatch(/https:|\.io|upgrade-insecure/);
    expect(html).not.toContain('`');
    for (const [, link] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const url = new URL(link!, `${gateway.operatorUrl}${path}`);
      expect(url.origin).toBe(gateway.operatorUrl);
      expect([link, (await get(url)).status]).toEqual([link, 200]);
    }
  },
);

test('the page of messages shows every one of them', async () => {
  const html = await (await fetch(`${gateway.operatorUrl}/docs/messages`)).text();
  const names = Object.values(
    (asyncApi() as { components: { messages: Record<string, { name: string }> } }).components.messages,
  );
  expect(names.length).toBeGreaterThan(20);
  for (const { name } of names) expect(html).toContain(`<summary>${name}</summary>`);
});

test.each(['/docs/json', '/docs/yaml'])('%s, which comes with the page, is the document too', async (path) => {
  const answer = await fetch(gateway.operatorUrl + path);
  expect([answer.status, await answer.json()]).toEqual([200, JSON.parse(JSON.stringify(document))]);
});
