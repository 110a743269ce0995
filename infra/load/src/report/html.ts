import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { defaultDir } from '@ringshop/local';
import type { Goal, Scenario } from '../scenario.ts';
import { stageHead, stageRows } from '../stage-table.ts';
import { chartsOf } from './charts.ts';
import type { Outcome } from './outcome.ts';

const style = `
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { margin-bottom: 0; } h2 { margin-top: 2.2rem; } .facts { color: #6e7781; }
  .verdict { padding: .1rem .7rem; border-radius: 1rem; color: #fff; font-size: 1rem; vertical-align: middle; }
  .met { background: #1a7f37; } .missed { background: #cf222e; }
  table { border-collapse: collapse; } td, th { padding: .25rem .8rem .25rem 0; text-align: left; vertical-align: top; }
  tr + tr { border-top: 1px solid #6e778155; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
  svg { max-width: 100%; height: auto; display: block; margin: 1rem 0; }`;

/** Writes the run's page. It needs nothing beside itself: no script, no file, no net. @returns its path */
export async function writeReport(outcome: Outcome): Promise<string> {
  const folder = join(defaultDir, 'reports');
  await mkdir(folder, { recursive: true });
  const file = join(
    folder,
    `${outcome.name}-${outcome.startedAt.toISOString().replace(/[:.]/g, '-').slice(0, 19)}.html`,
  );
  await writeFile(file, pageOf(outcome));
  return file;
}

export function pageOf(outcome: Outcome): string {
  const { name, scenario, command, startedAt, seconds, tallies, thresholds, goals, charts, audit, ok } = outcome;
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
  const audited = (audit?.invariants ?? []).map(({ id, title, ok: met, checked }): Goal => {
    return { goal: `${id} ${title}`, measured: `${checked} checked`, met };
  });
  const day = startedAt.toISOString().slice(0, 19).replace('T', ' ');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(name)} ${day}</title><style>${style}</style>
<h1>${text(name)} ${badge(ok, ok ? 'green' : 'red')}</h1>
<p>Shows ${text(scenario.shows)}.</p>
<p class="facts"><code>${text(command)}</code><br>${day} UTC, ${Math.round(seconds)} s on ${text(machine)};
${from(scenario)}</p>
${[...chartsOf(outcome), ...charts].join('\n')}
<h2>Stages</h2>${tableOf(stageHead, stageRows(tallies))}
${judged('What it had to show', goals)}${judged('Thresholds', thresholds)}
${judged(`Audit of ${tallies.acknowledged.size} acknowledged orders`, audited)}
</html>
`;
}

const from = ({ fromPost }: Scenario) =>
  fromPost
    ? 'latencies count from the POST: k6 drops orders at this load, and when the others were due is not known'
    : 'latencies count from when an order was due, whether or not the generator or the system had time for it';

const judged = (title: string, goals: Goal[]) =>
  goals.length === 0
    ? ''
    : `<h2>${text(title)}</h2><table>${goals
        .map(
          ({ goal, measured, met }) => `<tr><td>${badge(met, met ? '✓' : '✗')}<td>${text(goal)}<td>${text(measured)}`,
        )
        .join('\n')}</table>`;

const tableOf = (head: string[], rows: (string | number)[][]) =>
  `<table><tr>${head.map((cell) => `<th>${text(cell)}`).join('')}\n${rows
    .map(
      (row) =>
        `<tr>${row.map((cell) => `<td${typeof cell === 'number' ? ' class="number"' : ''}>${text(`${cell}`)}`).join('')}`,
    )
    .join('\n')}</table>`;

const badge = (met: boolean, label: string) => `<span class="verdict ${met ? 'met' : 'missed'}">${text(label)}</span>`;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (raw: string) => raw.replaceAll(/[&<>"]/g, (character) => entities[character]!);
