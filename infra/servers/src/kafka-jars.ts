import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder.ts';
import { findMaven } from './java.ts';
import { withLock } from './lock.ts';

const run = promisify(execFile);
const pom = fileURLToPath(new URL('../../kafka/pom.xml', import.meta.url));
const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies';

/** A list of what belongs into the folder, written last: a jar that is missing or cut short shows. */
const contents = 'contents.json';

/**
 * The folder with the broker's jars, downloaded through Maven on first use and kept across checkouts.
 * Whoever comes first downloads into a folder of its own and renames it into place, so a half download is never seen.
 */
export async function kafkaJars(progress: (line: string) => void = () => undefined): Promise<string> {
  const version = /<version>(.+)<\/version>/.exec(await readFile(pom, 'utf8'))?.[1];
  const cache = await cacheFolder();
  const folder = join(cache, `kafka-${version}`);
  if (await isComplete(folder)) return folder;
  return withLock(`${folder}.lock`, async () => {
    if (await isComplete(folder)) return folder;
    progress(`downloading Kafka ${version} with Maven (45 MB, once)`);
    await download(cache, folder, await findMaven(progress));
    return folder;
  });
}

async function download(cache: string, folder: string, maven: string): Promise<void> {
  const fresh = await mkdtemp(join(cache, 'download-'));
  try {
    const options = ['-q', '-B', '-f', pom, copy, '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
    await run(maven, options, { maxBuffer: 1 << 26 });
    await writeFile(join(fresh, contents), JSON.stringify(await sizes(fresh)));
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    // Somebody who took our lock for a dead one's may have been faster.
    if (await isComplete(folder)) return;
    throw new Error(`Kafka could not be downloaded: ${maven} ${copy} failed`, { cause });
  }
}

async function isComplete(folder: string): Promise<boolean> {
  const list = await readFile(join(folder, contents), 'utf8').catch(() => undefined);
  return list !== undefined && list === JSON.stringify(await sizes(folder));
}

async function sizes(folder: string): Promise<[string, number][]> {
  const jars = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort();
  return Promise.all(
    jars.map(async (name): Promise<[string, number]> => [name, (await stat(join(folder, name))).size]),
  );
}
