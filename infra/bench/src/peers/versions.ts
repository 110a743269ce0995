import { readFile } from 'node:fs/promises';
import { dbosAndRestate, peersFile } from './install-peers.ts';

/** The version of a peer's package that its manifest pins. */
export async function versionOf(name: string, { manifest } = dbosAndRestate): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(peersFile(`${manifest}/package.json`), 'utf8'));
  return dependencies[name];
}
