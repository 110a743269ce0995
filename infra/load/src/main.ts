import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  audit,
  CommandFailed,
  findSystem,
  readArguments,
  reportText,
  runCommand,
  type SystemUrls,
} from '@ringshop/operator';
import { findK6 } from './find-k6.ts';
import { judgeOverload, type Summary } from './overload.ts';

const scripts = new URL('../k6/', import.meta.url);

const known = (await readdir(scripts)).filter((file) => file.endsWith('.js')).map((file) => file.slice(0, -3));

const help = `usage: npm run load -- <scenario>

Runs a k6 scenario with thresholds against the running system, then the audit over every order it placed.
Ends with 0 when both are green.

  scenarios: ${known.join(', ')}`;

async function main(): Promise<number> {
  const { positionals } = readArguments(help, {});
  const [scenario, ...rest] = positionals;
  if (!scenario || !known.includes(scenario) || rest.length > 0)
    throw new CommandFailed(`name one scenario: ${known.join(', ')}`);
  const system = await findSystem();
  await refuseWhenDown(system);
  const folder = await mkdtemp(join(tmpdir(), 'ringshop-load-'));
  try {
    const code = await load(scenario, system, folder);
    const acknowledged = await acknowledgedIn(join(folder, 'acknowledged'));
    console.error(`\nload: k6 ended with ${code}; auditing its ${acknowledged.length} acknowledged orders`);
    const report = await audit(system, { acknowledged });
    console.log(reportText(report));
    const met = scenario !== 'overload' || (await goalsMet(join(folder, 'summary.json')));
    return code === 0 && report.ok && met && acknowledged.length > 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function load(scenario: string, system: SystemUrls, folder: string): Promise<number> {
  const k6 = await findK6((text) => console.error(`load: ${text}`));
  const script = join(folder, `${scenario}.js`);
  await copyFile(new URL(`${scenario}.js`, scripts), script);
  const quiet = [
    '--quiet',
    '--no-usage-report',
    '--log-format',
    'raw',
    '--console-output',
    join(folder, 'acknowledged'),
  ];
  const urls = [
    ...['-e', `GATEWAY_URL=${system.gateway}`],
    ...['-e', `SIMULATORS_URL=${system.simulators}`],
    ...['-e', `SUMMARY=${join(folder, 'summary.json')}`],
  ];
  const args = ['run', ...quiet, ...urls, script];
  console.error(
    `load: ${scenario} against ${system.gateway}, ${scenario === 'overload' ? 'two and a half minutes' : 'half a minute'}`,
  );
  const child = spawn(k6.command, [...k6.before(folder), ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

async function goalsMet(summary: string): Promise<boolean> {
  if (!existsSync(summary)) return false;
  const { table, goals } = judgeOverload(JSON.parse(await readFile(summary, 'utf8')) as Summary);
  console.log(`\n${table}\n`);
  for (const { goal, measured, met } of goals) console.log(`${met ? '✓' : '✗'} ${goal}: ${measured}`);
  return goals.every(({ met }) => met);
}

async function refuseWhenDown({ gateway }: SystemUrls): Promise<void> {
  const up = await fetch(`${gateway}/health/ready`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  if (!up?.ok) throw new CommandFailed(`nothing is ready on ${gateway}: npm start first`);
}

async function acknowledgedIn(file: string): Promise<string[]> {
  // k6 that stops before its first order writes none.
  return (existsSync(file) ? await readFile(file, 'utf8') : '')
    .split('\n')
    .filter((line) => /^[0-9a-f-]{36}$/.test(line));
}

await runCommand('load', main);
