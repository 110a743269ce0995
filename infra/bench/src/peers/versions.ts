import { readFile } from 'node:fs/promises';
import { peersFile } from './install-peers.ts';

/** The version of a peer's package that the manifest pins. */
export async function versionOf(name: string): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(peersFile('package.json'), 'utf8'));
  return dependencies[name];
}
