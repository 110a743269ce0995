import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { metricsOf, modulesOf, parts, readAlerts, writeTables } from '../observability/metrics-page.mjs';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const filesOf = (folder: string) =>
  (readdirSync(join(root, folder), { recursive: true }) as string[]).map((file) => join(folder, file));

interface Metric {
  name: string;
  type: string;
  labels: string[];
  help: string;
}

const metricsByPart: Record<string, Metric[]> = {};
const metrics = new Map<string, Metric>();

beforeAll(async () => {
  for (const part of parts) {
    // Each part registers in a registry of its own.
    vi.resetModules();
    for (const module of modulesOf(part)) await import(`${root}apps/${part}/src/${module}.ts`);
    const { registry } = await import('@ringshop/service-defaults');
    metricsByPart[part] = metricsOf(registry);
    for (const metric of metricsByPart[part]) metrics.set(metric.name, metric);
  }
}, 120_000);

describe('docs/metrics.md', () => {
  it('names every metric of every part, and every alert, as `npm run docs` writes them', () => {
    const page = read('docs/metrics.md');
    expect(page).toBe(writeTables(page, readAlerts(), metricsByPart));
  });

  it('misses none that the code has and nobody loads', () => {
    const sources = ['apps', 'libs/shared']
      .flatMap(filesOf)
      .filter((file) => file.endsWith('.ts') && !/node_modules|\/dist\/|\.(spec|kit)\.ts$/.test(file));
    const registered = sources.flatMap((file) =>
      [...read(file).matchAll(/\b(?:counter|gauge|histogram|perShedder)\(\s*'([^']+)'/g)].map(([, name]) => name!),
    );
    expect(new Set(registered)).toEqual(new Set(metrics.keys()));
  });

  it('and every other page name only metrics that exist', () => {
    const pages = filesOf('docs').filter((file) => file.endsWith('.md'));
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/`((?:ringshop|gateway|inventory)_[a-z_]+)[`{]/g)].map(([, name]) => ({ page, name })),
    );
    expect(named.length).toBeGreaterThan(80);
    expect(named.filter(({ name }) => !metrics.has(name!))).toEqual([]);
  });

  it('has a meaning and a life of its own for every metric', () => {
    for (const { name, help, type } of metrics.values()) {
      expect(help.length, name).toBeGreaterThan(10);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
    }
  });
});

const rule = z.strictObject({
  alert: z.string().regex(/^[A-Z][A-Za-z]+$/),
  expr: z.string().min(5),
  for: z
    .string()
    .regex(/^\d+[smh]$/)
    .optional(),
  labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
  annotations: z.strictObject({ summary: z.string().min(10), action: z.string().min(10) }),
});
const group = z.strictObject({ name: z.enum(['page', 'ticket']), rules: z.array(rule).min(1) });

describe('infra/observability/alerts.yml', () => {
  const groups = z.array(group).parse(readAlerts());
  const rules = groups.flatMap(({ rules }) => rules);

  it('has a page and a ticket group, and alerts of different names', () => {
    expect(groups.map(({ name }) => name)).toEqual(['page', 'ticket']);
    for (const { name, rules } of groups)
      expect(new Set(rules.map(({ labels }) => labels.severity))).toEqual(new Set([name]));
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it.each(rules.map(({ alert, expr }) => [alert, expr]))('%s asks for metrics and labels that exist', (_, expr) => {
    const asked = [...selectorsIn(expr)];
    expect(asked.length).toBeGreaterThan(0);
    for (const { name, labels, call } of asked) {
      if (name === 'up') continue;
      const metric = metrics.get(name);
      expect(metric, name).toBeDefined();
      expect(metric!.labels, name).toEqual(expect.arrayContaining(labels));
      if (call) expect(metric!.type, `${call}(${name})`).toBe('counter');
    }
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names]) => names!.split(', '));
    const known = ['job', 'instance', ...asked.flatMap(({ name }) => metrics.get(name)?.labels ?? [])];
    expect(known).toEqual(expect.arrayContaining(grouped));
  });

  it('closes its brackets, and compares with a number', () => {
    for (const { alert, expr } of rules) {
      for (const [open, close] of ['()', '[]', '{}'])
        expect(expr.split(open!).length, alert).toBe(expr.split(close!).length);
      expect(expr, alert).toMatch(/ (>|<|==) [\d.]+( and |$)/);
    }
  });
});

/** The metrics of an expression, with the labels it chooses by and the function of counters that it puts them in. */
function* selectorsIn(expr: string) {
  const words = expr.replace(/\b(by|on) \([^)]*\)/g, '');
  const selector = /(?:\b(rate|increase|resets)\()?\b([a-z_]+)\b(?!\()(?:\{([^}]*)\})?/g;
  for (const [, call, name, chosen = ''] of words.matchAll(selector)) {
    if (!/^(and|or|unless|sum|max|min|m|s|h)$/.test(name!))
      yield { name: name!, labels: [...chosen.matchAll(/(\w+)(?:=|!)/g)].map(([, label]) => label!), call };
  }
}
