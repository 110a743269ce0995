// The tables of docs/metrics.md, from the alerts and from what the parts register.
import { readFileSync } from 'node:fs';
import { plainTable, withParts } from '@ringshop/pages';
import { parse } from 'yaml';

export const parts = ['gateway', 'order', 'inventory', 'payment'];

/** What a part's main.ts is made of. To load these registers all of its metrics, and starts nothing. */
export function modulesOf(part) {
  const main = readFileSync(new URL(`../../apps/${part}/src/main.ts`, import.meta.url), 'utf8');
  return [...main.matchAll(/from '\.\/(.+)\.ts'/g)].map(([, module]) => module);
}

/** The groups of alerts.yml. */
export const readAlerts = () => parse(readFileSync(new URL('alerts.yml', import.meta.url), 'utf8')).groups;

/** What one part has registered, of prom-client's registry. */
export const metricsOf = (registry) =>
  registry.getMetricsAsArray().map(({ name, type, labelNames, help }) => ({ name, type, labels: labelNames, help }));

/**
 * The page with its tables written anew.
 *
 * @param metricsByPart { gateway: [{ name, type, labels, help }], … }
 */
export function writeTables(page, groups, metricsByPart) {
  const tables = Object.fromEntries(groups.map(({ name, rules }) => [name, alertsTable(rules)]));
  return withParts(page, 'docs', { ...tables, metrics: metricsTable(metricsByPart) });
}

const alertsTable = (rules) =>
  plainTable(
    ['alert', 'when', 'what it means', 'what to do'],
    rules.map(({ alert, expr, for: lasts, annotations: { summary, action } }) => [
      alert,
      `\`${expr}\`${lasts ? ` for ${lasts}` : ''}`,
      linked(summary),
      linked(action),
    ]),
  );

/** A metric is one row, wherever it is: first what every part tells, then what several do, then each part's own. */
function metricsTable(metricsByPart) {
  const found = new Map();
  for (const [part, metrics] of Object.entries(metricsByPart)) {
    for (const metric of metrics) {
      const known = found.get(metric.name) ?? { ...metric, of: [] };
      found.set(metric.name, { ...known, of: [...known.of, part] });
    }
  }
  const rank = ({ of }) => 10 * (parts.length - of.length) + parts.indexOf(of[0]);
  const rows = [...found.values()].toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return plainTable(
    ['metric', 'type', 'labels', 'of', 'meaning'],
    rows.map(({ name, type, labels, of, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      of.length === parts.length ? 'every part' : of.join(', '),
      help,
    ]),
  );
}

const linked = (text) => text.replace(/docs\/([\w/-]+\.md)/g, '[$1]($1)');
