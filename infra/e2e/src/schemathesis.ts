import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { schemathesis } from '@ringshop/servers';

const run = promisify(execFile);
const config = fileURLToPath(new URL('../../schemathesis/schemathesis.toml', import.meta.url));

export interface ToProve {
  /** Where the OpenAPI document is. */
  document: string;
  url: string;
  token: string;
  /** Which paths of the document are served there. */
  paths: RegExp;
}

/**
 * Sends what the document allows, and what it does not, and holds every answer against it.
 * @returns what it has to say: on failure every finding with the request that repeats it
 */
export async function proveDocument({
  document,
  url,
  token,
  paths,
}: ToProve): Promise<{ ok: boolean; report: string }> {
  const program = await schemathesis((line) => process.stderr.write(`· ${line}\n`));
  const args = ['--config-file', config, 'run', document, '--url', url, '--include-path-regex', paths.source];
  return run(program, [...args, '-H', `Authorization: Bearer ${token}`], { maxBuffer: 1 << 26 }).then(
    ({ stdout }) => ({ ok: true, report: stdout }),
    ({ stdout, message }) => ({ ok: false, report: stdout || message }),
  );
}
