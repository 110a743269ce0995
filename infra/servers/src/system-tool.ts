import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';

const run = promisify(execFile);

export interface Tool {
  /** What a person calls it. */
  title: string;
  /** Names of the program, best first. */
  programs: string[];
  /** Debian packages that bring it, best first. */
  packages: string[];
  hint: { debian: string; fedora: string; macos: string };
  accept?: (path: string) => Promise<boolean>;
  /** Places that are not on the PATH. */
  alsoIn?: string[];
}

/** The path of a program that the system has, or gets through apt-get when we are root on Debian or Ubuntu. */
export async function findTool(tool: Tool, progress: (line: string) => void = () => undefined): Promise<string> {
  const found = await look(tool);
  if (found) return found;
  if (process.getuid?.() === 0 && (await onPath('apt-get'))) {
    // Two test runs that start on a fresh machine would fight over dpkg's lock.
    const installed = await withLock(join(tmpdir(), 'ringshop-apt.lock'), async () => {
      const meanwhile = await look(tool);
      if (meanwhile) return meanwhile;
      progress(`installing ${tool.title} with apt-get`);
      await install(tool);
      return look(tool);
    });
    if (installed) return installed;
  }
  const { debian, fedora, macos } = tool.hint;
  throw new Error(`${tool.title} is missing. Debian/Ubuntu: ${debian}; Fedora: ${fedora}; macOS: ${macos}`);
}

async function look({ programs, accept, alsoIn = [] }: Tool): Promise<string | undefined> {
  for (const program of programs) {
    for (const path of [...alsoIn.map((folder) => join(folder, program)), ...(await allOnPath(program))]) {
      if ((await isProgram(path)) && (!accept || (await accept(path)))) return path;
    }
  }
  return undefined;
}

async function install({ title, packages }: Tool): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  await run('apt-get', [...wait, 'update'], { env });
  const failures: unknown[] = [];
  for (const name of packages) {
    try {
      await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', name], { env, maxBuffer: 1 << 26 });
      return;
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `apt-get could not install ${title}: tried ${packages.join(', ')}`);
}

async function onPath(program: string): Promise<string | undefined> {
  return (await allOnPath(program))[0];
}

async function allOnPath(program: string): Promise<string[]> {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  const present = await Promise.all(paths.map(isProgram));
  return paths.filter((_, i) => present[i]);
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
