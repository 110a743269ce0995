// Part of npm run docs: writes the tables of docs/metrics.md.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { metricsOf, modulesOf, parts, readAlerts, writeTables } from './metrics-page.mjs';

const [part] = process.argv.slice(2);

if (part) {
  // Modules register as they are loaded, so each part is loaded in a process of its own.
  for (const module of modulesOf(part)) await import(new URL(`../../apps/${part}/dist/${module}.js`, import.meta.url));
  const { registry } = await import('@ringshop/service-defaults');
  process.stdout.write(JSON.stringify(metricsOf(registry)));
} else {
  const self = new URL(import.meta.url).pathname;
  const tell = (of) => JSON.parse(execFileSync(process.execPath, [self, of], { encoding: 'utf8' }));
  const page = new URL('../../docs/metrics.md', import.meta.url);
  const metricsByPart = Object.fromEntries(parts.map((of) => [of, tell(of)]));
  writeFileSync(page, writeTables(readFileSync(page, 'utf8'), readAlerts(), metricsByPart));
  process.stderr.write('wrote the tables of docs/metrics.md\n');
}
