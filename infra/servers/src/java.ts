import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from './system-tool.ts';

const run = promisify(execFile);

/** The path of a `java` of version 17 or newer. */
export function findJava(progress?: (line: string) => void): Promise<string> {
  const hint = {
    debian: 'apt-get install openjdk-17-jre-headless',
    fedora: 'dnf install java-21-openjdk-headless',
    macos: 'brew install openjdk',
  };
  const home = process.env.JAVA_HOME;
  const packages = ['openjdk-21-jre-headless', 'openjdk-17-jre-headless', 'default-jre-headless'];
  return findTool(
    {
      title: 'Java 17 or newer',
      programs: ['java'],
      packages,
      hint,
      accept: isNewEnough,
      alsoIn: [...(home ? [join(home, 'bin')] : []), '/opt/homebrew/opt/openjdk/bin', '/usr/local/opt/openjdk/bin'],
    },
    progress,
  );
}

/** macOS has a `java` that only says that there is none. */
async function isNewEnough(java: string): Promise<boolean> {
  const banner = await run(java, ['-version']).catch(() => undefined);
  const major = /version "(\d+)/.exec(banner?.stderr ?? '')?.[1];
  return major !== undefined && Number(major) >= 17;
}

/** The path of Maven. */
export function findMaven(progress?: (line: string) => void): Promise<string> {
  const hint = { debian: 'apt-get install maven', fedora: 'dnf install maven', macos: 'brew install maven' };
  return findTool({ title: 'Maven', programs: ['mvn'], packages: ['maven'], hint }, progress);
}
