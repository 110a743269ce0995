import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function started(stop: string) {
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { onSignals, onUncaught } from ${JSON.stringify(new URL('./signals.ts', import.meta.url).href)};
     onUncaught((error) => console.log('logged ' + error.message));
     onSignals(${stop}); setInterval(() => {}, 1000); console.log('up');`,
  ]);
  children.push(child);
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

test('what nobody caught is logged by us and ends the process, and Node prints nothing of it', async () => {
  const { child, ended } = await started(
    `async () => { throw Object.assign(new Error('broken'), { detail: 'Key (name)=(geheim)' }); }`,
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (printed += data));
  child.kill('SIGTERM');
  expect(await ended).toEqual([1, null]);
  expect(printed).toBe('logged broken\n');
});
