import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { askAsOperator, isId } from './operator-call.ts';
import { findSystem } from './system.ts';

const help = `usage: npm run customers -- erase <customerId> [--as <operatorId>] [--json]

erase    makes names and addresses of a customer unreadable for good, by erasing the key that opens them. Orders stay, with
         lines and amounts, and open ones go on; nothing is placed for this customer again. It goes on record who asked.
         Repeated, it changes nothing.

  --as   who you are, a UUID; this machine's operator when it is not said`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { as: { type: 'string' }, json: { type: 'boolean' } });
  const [verb, customerId = '', ...rest] = positionals;
  if (verb !== 'erase' || rest.length > 0) throw new CommandFailed('usage: customers -- erase <customerId>');
  if (!isId(customerId)) throw new CommandFailed('a customer id is a UUID');
  const path = `/v1/customers/${customerId}/erase`;
  const call = { method: 'POST', path, operatorId: values.as };
  const erased = await askAsOperator<{ customerId: string; erasedAt: string }>(await findSystem(), call);
  if (values.json) console.log(JSON.stringify(erased, null, 2));
  else console.log(`${erased.customerId} was erased at ${erased.erasedAt}: names and addresses open no more.`);
  return 0;
}

await runCommand('customers', main);
