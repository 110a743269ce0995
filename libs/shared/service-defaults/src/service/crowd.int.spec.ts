import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { eventually, pause } from '@ringshop/testing';
import { expect, onTestFinished, test } from 'vitest';

const program = `
  import { start } from '@ringshop/service-defaults';
  class Nothing {}
  const { url } = await start({ module: Nothing, config: { NAME: 'crowd', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent' } });
  console.log(url);`;

/** What a kernel that allows fewer can show is less. */
const crowd = Math.min(1_500, somaxconn());

function somaxconn(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return 128;
  }
}

test('a crowd that connects while a service is busy is connected, and not dropped', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: import.meta.dirname });
  const sockets: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  });
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  pause(child.pid!);
  let connected = 0;
  for (let n = 0; n < crowd; n++) {
    sockets.push(
      connect(Number(new URL(String(url)).port), '127.0.0.1', () => connected++).on('error', () => undefined),
    );
  }
  await eventually(() => connected === crowd, { what: `${crowd} connections` });
  expect(connected).toBe(crowd);
});
