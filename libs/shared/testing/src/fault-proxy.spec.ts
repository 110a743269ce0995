import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { type FaultProxy, faultProxy } from './fault-proxy.ts';

let echo: Server;
let received: string[];
let proxy: FaultProxy;

beforeEach(async () => {
  received = [];
  echo = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      received.push(String(bytes));
      socket.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await faultProxy((echo.address() as AddressInfo).port);
});

afterEach(async () => {
  await proxy.close();
  echo.close();
});

async function client(): Promise<Socket & { heard: string }> {
  const socket = Object.assign(connect(proxy.port, '127.0.0.1'), { heard: '' });
  socket.on('data', (bytes) => {
    socket.heard += bytes;
  });
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

it('passes bytes both ways', async () => {
  const socket = await client();
  socket.write('ping');
  await eventually(() => socket.heard === 'ping');
  socket.destroy();
});

it('loses the reply to a request that arrived', async () => {
  const socket = await client();
  proxy.dropReplies();
  socket.write('reserve');
  await eventually(() => received.includes('reserve') && proxy.counts.droppedReplies === 1);
  expect(socket.heard).toBe('');
  socket.destroy();
});

it('refuses, and passes again on the same port', async () => {
  const socket = await client();
  await proxy.refuse();
  await eventually(() => socket.closed);
  const refused = connect(proxy.port, '127.0.0.1');
  const [error] = await once(refused, 'error');
  expect(error.code).toBe('ECONNREFUSED');
  await proxy.pass();
  (await client()).destroy();
});

it('delays', async () => {
  const socket = await client();
  proxy.delay(60);
  const sentAt = performance.now();
  socket.write('slow');
  await eventually(() => socket.heard === 'slow', { every: 2 });
  expect(performance.now() - sentAt).toBeGreaterThan(115);
  expect(proxy.counts.delayed).toBe(2);
  socket.destroy();
});

it('cuts what is open and takes new connections', async () => {
  const socket = await client();
  await eventually(() => proxy.counts.connections === 1);
  proxy.cut();
  await eventually(() => socket.closed);
  expect(proxy.counts.cut).toBe(1);
  (await client()).destroy();
});

it('leads to another server from now on', async () => {
  const other = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('other');
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const before = await client();
  await eventually(() => proxy.counts.connections === 1);
  proxy.leadTo((other.address() as AddressInfo).port);
  await eventually(() => before.closed);
  const after = await client();
  await eventually(() => after.heard === 'other');
  after.destroy();
  other.close();
});
