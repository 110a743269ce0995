import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { armFailpoints } from './failpoint.ts';

// Node strips the types itself, so a child runs the source.
const child = (failpoints: string) =>
  spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { failpoint } from ${JSON.stringify(new URL('./failpoint.ts', import.meta.url).href)};
       for (let pass = 1; pass <= 5; pass++) { failpoint('a.b'); console.log(pass); }`,
    ],
    { env: { ...process.env, RINGSHOP_FAILPOINTS: failpoints } },
  );

async function run(failpoints: string): Promise<{ out: string; err: string; signal: string | null }> {
  const process = child(failpoints);
  let out = '';
  let err = '';
  process.stdout.on('data', (data) => (out += data));
  process.stderr.on('data', (data) => (err += data));
  const [, signal] = await once(process, 'close');
  return { out: out.replaceAll('\n', ''), err, signal };
}

test('the process dies of SIGKILL at the third pass and says so', async () => {
  const { out, err, signal } = await run('other=kill@1,a.b=kill@3');
  expect(out).toBe('12');
  expect(signal).toBe('SIGKILL');
  expect(err).toContain('failpoint a.b: kill\n');
});

test('without configuration, or for another name, nothing happens', async () => {
  expect(await run('')).toMatchObject({ out: '12345', signal: null });
  expect(await run('other=kill@1')).toMatchObject({ out: '12345', signal: null });
});

test('a stopped process goes on after SIGCONT', async () => {
  const process = child('a.b=stop@2');
  const ended = once(process, 'close');
  let signals = 0;
  await once(process.stderr, 'data');
  // More than once: the line comes just before the stop, and a SIGCONT in between is lost.
  const wake = setInterval(() => process.kill('SIGCONT') && signals++, 50);
  expect(await ended).toEqual([0, null]);
  clearInterval(wake);
  expect(signals).toBeGreaterThan(0);
});

test('a blocked event loop goes on by itself', async () => {
  const startedAt = performance.now();
  expect(await run('a.b=block:400@2')).toMatchObject({ out: '12345', signal: null });
  expect(performance.now() - startedAt).toBeGreaterThan(400);
});

test.each(['a', 'a=kill', 'a=kill@0', 'a=explode@1', 'a=block@1'])('%j is refused', (text) => {
  expect(() => armFailpoints(text)).toThrow('RINGSHOP_FAILPOINTS');
});
