import { readFile } from 'node:fs/promises';
import { peersFile } from './install-peers.ts';

/** The version of a peer's package that the manifest pins. */
export async function versionOf(name: string, folder = '.'): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(peersFile(`${folder}/package.json`), 'utf8'));
  return dependencies[name];
}
