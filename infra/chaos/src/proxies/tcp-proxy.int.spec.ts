import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { eventually } from '@ringshop/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TcpProxy } from './tcp-proxy.ts';

let echo: Server;
let received: string;
let proxy: TcpProxy;

beforeEach(async () => {
  received = '';
  echo = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      received += bytes;
      socket.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.before((echo.address() as AddressInfo).port);
});

afterEach(async () => {
  await proxy.close();
  echo.close();
});

type Client = Socket & { heard: string; failure?: string };

async function client(): Promise<Client> {
  const socket: Client = Object.assign(connect(proxy.port, '127.0.0.1'), { heard: '' });
  socket.on('data', (bytes) => {
    socket.heard += bytes;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    socket.failure = error.code!;
  });
  await once(socket, 'connect');
  return socket;
}

it('passes bytes both ways, and counts nothing', async () => {
  const socket = await client();
  socket.write('ping');
  await eventually(() => socket.heard === 'ping');
  expect(proxy.counts).toEqual({ delayed: 0, swallowed: 0, cut: 0, duplicated: 0 });
  socket.destroy();
});

it('keeps the order of bytes when a delay ends while some are on their way', async () => {
  const socket = await client();
  proxy.delay(80);
  socket.write('a');
  await eventually(() => proxy.counts.delayed === 1);
  proxy.delay(0);
  socket.write('b');
  await eventually(() => socket.heard === 'ab');
  expect(received).toBe('ab');
  socket.destroy();
});

it('swallows answers after their effect, and the connection stays deaf when it is over', async () => {
  const socket = await client();
  proxy.swallow('replies');
  socket.write('reserve');
  await eventually(() => received === 'reserve' && proxy.counts.swallowed === 1);
  proxy.swallow('nothing');
  socket.write('again');
  await eventually(() => proxy.counts.swallowed === 2);
  expect([received, socket.heard]).toEqual(['reserve', '']);
  const other = await client();
  other.write('!');
  await eventually(() => other.heard === '!');
  for (const each of [socket, other]) each.destroy();
});

it('swallows requests before they arrive', async () => {
  const socket = await client();
  proxy.swallow('requests');
  socket.write('reserve');
  await eventually(() => proxy.counts.swallowed === 1);
  expect(received).toBe('');
  socket.destroy();
});

it('resets the connections that lost bytes, and leaves the others', async () => {
  const [deaf, well] = [await client(), await client()];
  proxy.swallow('requests');
  deaf.write('lost');
  await eventually(() => proxy.counts.swallowed === 1);
  proxy.swallow('nothing');
  proxy.cut('deaf');
  await eventually(() => deaf.failure === 'ECONNRESET');
  well.write('here');
  await eventually(() => well.heard === 'here');
  expect(proxy.counts.cut).toBe(1);
  well.destroy();
});

it('cuts everything with a reset and takes new connections', async () => {
  const socket = await client();
  socket.write('a');
  await eventually(() => socket.heard === 'a');
  proxy.cut();
  await eventually(() => socket.failure === 'ECONNRESET');
  const next = await client();
  next.write('b');
  await eventually(() => next.heard === 'b');
  next.destroy();
});

it('lets a client see at once that the server is away', async () => {
  const away = await TcpProxy.before(1);
  const socket = connect(away.port, '127.0.0.1');
  const [error] = await once(socket, 'error');
  expect(error.code).toBe('ECONNRESET');
  await away.close();
});

it('passes an end in order on behind the last bytes', async () => {
  const last = createServer((socket) => void socket.end('the last word')).listen(0, '127.0.0.1');
  await once(last, 'listening');
  const before = await TcpProxy.before((last.address() as AddressInfo).port);
  before.delay(50);
  const socket = connect(before.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (bytes) => {
    heard += bytes;
  });
  await once(socket, 'close');
  expect(heard).toBe('the last word');
  await before.close();
  last.close();
});

it('passes a reset of the server on as a reset', async () => {
  const rude = createServer((socket) => void socket.once('data', () => socket.resetAndDestroy())).listen(
    0,
    '127.0.0.1',
  );
  await once(rude, 'listening');
  const before = await TcpProxy.before((rude.address() as AddressInfo).port);
  const socket = connect(before.port, '127.0.0.1');
  socket.write('please');
  const [error] = await once(socket, 'error');
  expect(error.code).toBe('ECONNRESET');
  await before.close();
  rude.close();
});
