import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { issueToken } from './identity.ts';
import { findSystem } from './system.ts';

const help = `usage: npm run -s token -- <customerId> [--role operator] [--expires-in <s>] [--audience <a>] [--issuer <i>]

Prints a bearer token for a customer id (a UUID) and nothing else. It is valid for 12 hours unless said otherwise.`;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    role: { type: 'string' },
    'expires-in': { type: 'string' },
    audience: { type: 'string' },
    issuer: { type: 'string' },
  });
  const [sub, ...rest] = positionals;
  if (!sub || rest.length > 0 || !uuid.test(sub)) throw new CommandFailed('give one customer id, a UUID (see --help)');
  const expiresIn = values['expires-in'] === undefined ? undefined : Number(values['expires-in']);
  if (expiresIn !== undefined && !Number.isInteger(expiresIn))
    throw new CommandFailed('--expires-in is a whole number of seconds');
  const { role, audience, issuer } = values;
  console.log(await issueToken(await findSystem(), { sub, role, expiresIn, audience, issuer }));
  return 0;
}

await runCommand('token', main);
