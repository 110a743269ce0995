import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

async function started(stop: string) {
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { onSignals } from ${JSON.stringify(new URL('./signals.ts', import.meta.url).href)};
     onSignals(${stop}); setInterval(() => {}, 1000); console.log('up');`,
  ]);
  await once(child.stdout, 'data');
  return { child, ended: once(child, 'close') as Promise<[number | null, string | null]> };
}

test('the first signal stops in order and exits with 0', async () => {
  const { child, ended } = await started('async () => true');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('a stop that did not end well exits with 1', async () => {
  const { child, ended } = await started('async () => false');
  child.kill('SIGINT');
  expect(await ended).toEqual([1, null]);
});

test('a second signal exits at once', async () => {
  const { child, ended } = await started('() => { console.log("stopping"); return new Promise(() => {}); }');
  child.kill('SIGTERM');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
});
