import { CommandFailed, readArguments, runCommand } from '@ringshop/operator';
import { type Benchmark, type Options, optionTypes } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { readKept, save } from './docs/save.ts';
import { writeDocs } from './docs/write-docs.ts';
import { runBenchmark } from './run-benchmark.ts';

const indent = ' '.repeat(11);
const described = ([name, { help }]: [string, Benchmark]) => `${name.padEnd(indent.length)}${help.join(`\n${indent}`)}`;
const having = (option: keyof Options) =>
  Object.entries(benchmarks).flatMap(([name, { options }]) => (options.includes(option) ? [name] : []));

const help = `usage: npm run bench [-- <benchmark>] [--json]
       npm run bench -- docs

${Object.entries(benchmarks).map(described).join('\n')}
docs       writes docs/performance.md, its charts, docs/scaling.md, and README's table from docs/performance.json, which
           keeps what \`npm run bench -- --save\` measured last, and the same of scale and idle

Without a name it is the first. Each starts servers of its own on free ports and removes them afterwards.
Ends with 1 when a goal is missed. Needs Linux, for its CPU accounting.

  --json   { arms, goals, machine, … } on standard output, alone
  --rounds <n>   (${having('rounds').join(', ')}) how often each stretch is measured; fewer are sooner done, and worth less
  --save   (${having('save').join(', ')}) also keeps the result in docs/performance.json, beside what others kept there; of five rounds or more
  --docs   (${having('docs').join(', ')}) also puts the tables into docs/stock.md and docs/adr/0009
  --profile <folder>   (${having('profile').join(', ')}) also writes a CPU profile of the gateway, for Chrome's developer tools; then only compare parts`;

const note = (text: string) => console.error(`· ${text}`);

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, optionTypes);
  const { json, ...options } = values;
  if (positionals.length === 1 && positionals[0] === 'docs') return docs(values);
  const { name, benchmark } = chosen(positionals, options);
  if (process.platform !== 'linux')
    throw new CommandFailed('CPU by part is read from /proc: run this on Linux, or in a container');
  const command = commandOf(process.argv.slice(2));
  const goals = await runBenchmark(
    { name, benchmark, options, command, json: json ?? false },
    { print: console.log, note, readKept, save },
  );
  return goals.every(({ met }) => met) ? 0 : 1;
}

/** @throws CommandFailed for a benchmark that there is not, or an option that it does not have */
function chosen(positionals: string[], options: Options): { name: string; benchmark: Benchmark } {
  const [name = Object.keys(benchmarks)[0]!, ...rest] = positionals;
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (!benchmark || rest.length > 0) {
    const known = [...Object.keys(benchmarks), 'docs'].join(', ');
    throw new CommandFailed(`unknown benchmark "${positionals.join(' ')}"; there are: ${known}`);
  }
  for (const option of Object.keys(options) as (keyof Options)[]) {
    if (!benchmark.options.includes(option))
      throw new CommandFailed(`--${option} goes with ${having(option).join(', ')}`);
  }
  return { name, benchmark };
}

async function docs(values: object): Promise<number> {
  if (Object.keys(values).length > 0) throw new CommandFailed('docs takes no options');
  for (const file of await writeDocs()) note(`wrote ${file}`);
  return 0;
}

const commandOf = (args: string[]) => ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');

await runCommand('bench', main);
