import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('leaves time to put right what was broken, also when npm passes on what the terminal has told already', async () => {
  const program = [
    `import { interrupted } from '${new URL('./interrupted.ts', import.meta.url)}'`,
    'const tell = () => process.kill(process.pid, "SIGINT")',
    'interrupted().addEventListener("abort", () => { tell(); console.log("put right"); process.exit() })',
    'setTimeout(() => undefined, 4000); tell()',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program.join(';')]);
  expect(stdout).toBe('put right\n');
});
