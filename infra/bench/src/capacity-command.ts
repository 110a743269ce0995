import { CommandFailed, readArguments, runCommand } from '@ringshop/operator';
import { assumed, assumptions, numberOf } from './capacity/assumptions.ts';
import { mostShards } from './capacity/capacity.ts';
import { capacityText } from './capacity/capacity-text.ts';
import { figuresOf } from './capacity/figures.ts';
import { readKept } from './docs/save.ts';

const option = ([name, { usual, what }]: [string, (typeof assumptions)[string]]) =>
  `  ${`--${name} <n>`.padEnd(24)}${what} (${usual})`;

const help = `usage: npm run capacity -- --orders <orders/s> [--shards <n>] [assumptions]

How many cores, processes, shards, partitions, brokers and databases so many orders a second need, from what an order
was measured to cost (docs/performance.json, by \`npm run bench -- scale --save\`). Ends with 1 when there is no way.

  ${'--orders <n>'.padEnd(24)}orders a second
  ${'--shards <n>'.padEnd(24)}so many, and not as many as are needed
Assumptions:
${Object.entries(assumptions).map(option).join('\n')}`;

const text = { type: 'string' } as const;
const optionTypes = {
  orders: text,
  shards: text,
  ...Object.fromEntries(Object.keys(assumptions).map((name) => [name, text])),
};

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, optionTypes);
  if (positionals.length > 0) throw new CommandFailed(`"${positionals.join(' ')}" is no option (see --help)`);
  const given = values as Record<string, string | undefined>;
  const orders = numberOf('orders', given.orders, { least: 1, most: 10_000_000 });
  if (orders === undefined) throw new CommandFailed('--orders is missing: how many orders a second?');
  const shards = numberOf('shards', given.shards, { least: 1, most: mostShards, whole: true });
  const { text: told, possible } = capacityText(orders, figuresOf(await readKept()), assumed(given), shards);
  console.log(told);
  return possible ? 0 : 1;
}

await runCommand('capacity', main);
