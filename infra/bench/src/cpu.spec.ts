import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { cpuMsOf, threadsCpuUsOf } from './cpu.ts';

it.runIf(process.platform === 'linux')(
  'counts the CPU of a process and of its children, also of those that have ended',
  async () => {
    const burn = 'const end = process.cpuUsage(); while (process.cpuUsage(end).user < 200_000);';
    const parent = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(burn)}]); process.send('burnt'); process.on('message', () => process.exit())`;
    const child = fork('-e', [parent], { execArgv: [] });
    await once(child, 'message');
    expect(cpuMsOf(child.pid!)).toBeGreaterThanOrEqual(190);
    child.send('end');
    await once(child, 'exit');
    expect(cpuMsOf(child.pid!)).toBe(0);
  },
  30_000,
);

it.runIf(process.platform === 'linux')('counts the CPU of the threads of a process, finely', () => {
  const [before, ticks] = [threadsCpuUsOf(process.pid), process.cpuUsage()];
  let used = 0;
  while (used < 50_000) {
    const { user, system } = process.cpuUsage(ticks);
    used = user + system;
  }
  expect(threadsCpuUsOf(process.pid) - before).toBeGreaterThan(40_000);
});
