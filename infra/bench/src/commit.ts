import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What benchmarks write: when only that differs, the code is the commit's. */
export const writtenByBenchmarks = [
  'README.md',
  'docs/adr/0009-kinds-of-lock.md',
  'docs/charts',
  'docs/performance.json',
  'docs/performance.md',
  'docs/scaling.md',
  'docs/stock.md',
];

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/**
 * The short id of the commit whose code this is, with `-dirty` when other files that git knows differ from it.
 * @returns undefined where `folder` is not the top of a git repository: what was unpacked inside of another one is not its commit
 */
export async function commitOf(folder = repository): Promise<string | undefined> {
  const git = async (...args: string[]) => (await run('git', ['-C', folder, ...args])).stdout;
  const rest = writtenByBenchmarks.map((path) => `:(exclude)${path}`);
  try {
    const [inside, commit] = (await git('rev-parse', '--show-prefix', '--short', 'HEAD')).split('\n');
    if (inside !== '') return undefined;
    const changes = await git('status', '--porcelain', '--untracked-files=no', '--', '.', ...rest);
    return changes === '' ? commit : `${commit}-dirty`;
  } catch {
    // No git, no repository, or no commit in it yet.
    return undefined;
  }
}
