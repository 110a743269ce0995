import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { issueToken } from './identity.ts';
import { findSystem } from './system.ts';

const help = `usage: npm run stock -- set <sku> <quantity>

Sets how many units of a SKU are available. The difference is booked as a restock or a write-off.`;

const operatorId = '00000000-0000-4000-8000-000000000001';

async function main(): Promise<number> {
  const { positionals } = readArguments(help, {});
  const [verb, sku, quantity, ...rest] = positionals;
  if (verb !== 'set' || !sku || rest.length > 0) throw new CommandFailed('usage: stock -- set <sku> <quantity>');
  if (!/^\d{1,9}$/.test(quantity ?? '')) throw new CommandFailed('the quantity is a whole number from 0 to 999999999');
  const { before, after } = await setStock(sku, Number(quantity));
  console.log(`${sku}: ${before} → ${after} available`);
  return 0;
}

async function setStock(sku: string, quantity: number): Promise<{ before: number; after: number }> {
  const system = await findSystem();
  const answer = await fetch(new URL(`/v1/stock/${encodeURIComponent(sku)}`, system.operator), {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${await issueToken(system, { sub: operatorId, role: 'operator' })}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ quantity }),
    signal: AbortSignal.timeout(15_000),
  });
  const body = (await answer.json()) as { before: number; after: number; title?: string; detail?: string };
  if (!answer.ok) throw new CommandFailed(`the gateway answered ${answer.status}: ${body.detail ?? body.title}`);
  return body;
}

await runCommand('stock', main);
