import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { cpuMsOf } from './cpu.ts';

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
);
