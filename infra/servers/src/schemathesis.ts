import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder.ts';
import { withLock } from './lock.ts';
import { findTool } from './system-tool.ts';

const run = promisify(execFile);
const requirements = fileURLToPath(new URL('../../schemathesis/requirements.txt', import.meta.url));

/**
 * The program that tests an API against its own OpenAPI document, installed with pip on first use and kept across checkouts.
 * A virtual environment cannot be moved, so it is built in place, and a mark that is written last says that it is whole.
 */
export async function schemathesis(progress: (line: string) => void = () => undefined): Promise<string> {
  const pinned = await readFile(requirements, 'utf8');
  const folder = join(await cacheFolder(), `schemathesis-${hash('sha256', pinned).slice(0, 12)}`);
  const [program, mark] = [join(folder, 'bin', 'schemathesis'), join(folder, 'whole')];
  await withLock(`${folder}.lock`, async () => {
    if (await readFile(mark).catch(() => undefined)) return;
    const python = await findPython(progress);
    progress('installing schemathesis with pip (95 MB, once)');
    await rm(folder, { recursive: true, force: true });
    await run(python, ['-m', 'venv', folder]);
    const options = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '-r', requirements];
    await run(join(folder, 'bin', 'pip'), ['install', ...options], { maxBuffer: 1 << 26 });
    await writeFile(mark, 'yes');
  });
  return program;
}

/** Debian has Python without what makes a virtual environment. */
function findPython(progress?: (line: string) => void): Promise<string> {
  const hint = {
    debian: 'apt-get install python3 python3-venv',
    fedora: 'dnf install python3',
    macos: 'brew install python',
  };
  const accept = (python: string) =>
    run(python, ['-c', 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))']).then(
      () => true,
      () => false,
    );
  return findTool(
    { title: 'Python 3.10 or newer with venv', programs: ['python3'], packages: ['python3-venv'], hint, accept },
    progress,
  );
}
