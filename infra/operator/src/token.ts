import { parseArgs } from 'node:util';

const usage = `npm run -s token -- <customerId> [--role operator] [--expires-in s] [--audience a] [--issuer i]
Prints a bearer token for a customer id (a UUID) and nothing else; it is valid for 12 hours unless said otherwise.`;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const simulators = process.env.RINGSHOP_SIMULATORS_URL ?? 'http://127.0.0.1:8090';

try {
  await main();
} catch (error) {
  process.stderr.write(`token: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      role: { type: 'string' },
      'expires-in': { type: 'string' },
      audience: { type: 'string' },
      issuer: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(`${usage}\n`);
  const [sub, ...rest] = positionals;
  if (!sub || rest.length > 0 || !uuid.test(sub)) throw new Error('give one customer id, a UUID (see --help)');
  const expiresIn = values['expires-in'] === undefined ? undefined : Number(values['expires-in']);
  if (expiresIn !== undefined && !Number.isInteger(expiresIn)) throw new Error('--expires-in is a number of seconds');
  const { role, audience, issuer } = values;
  process.stdout.write(`${await issuedToken({ sub, role, expiresIn, audience, issuer })}\n`);
}

async function issuedToken(request: object): Promise<string> {
  const response = await fetch(`${simulators}/identity/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  }).catch((cause) => {
    throw new Error(`nothing answers on ${simulators}: is the system running (npm start)?`, { cause });
  });
  if (!response.ok) throw new Error(`the identity provider answered ${response.status}`);
  return ((await response.json()) as { token: string }).token;
}
