import { setTimeout as sleep } from 'node:timers/promises';
import { lineChart } from '@ringshop/charts';
import { type Growth, growthOf, type Sizes } from '../growth.ts';
import { type Context, type Goal, type Scenario } from '../scenario.ts';
import { SizeWatch } from '../sizes.ts';

/** Enough for a slope, and so few that what they cost is not seen, however long it takes. */
const looksOfARun = 120;

export const soak: Scenario = {
  shows: 'the same load for long: heap, memory, handles and tables of every part stay as they are',
  takes: '--minutes, 10 unless said',
  peak: 'needed',
  minutes: 10,
  prepare: async ({ system, minutes, signal, note, atEnd }: Context) => {
    const watch = await SizeWatch.open(system);
    atEnd(() => watch.close());
    const startedAt = new Date();
    const everyMs = (minutes * 60_000) / looksOfARun;
    return {
      env: { MINUTES: String(minutes) },
      meanwhile: async () => {
        for (; !signal.aborted; await sleep(everyMs, undefined, { signal }).catch(() => undefined)) await watch.look();
      },
      judge: async () => {
        const purged = await watch.keysArePurged(startedAt);
        if (!purged)
          note(
            'keys are kept for longer than this took, so their number is not judged (docs/load.md says how it would be)',
          );
        return judgeSoak(watch.looks, purged);
      },
      charts: () => chartsOf(watch.looks),
    };
  },
};

/**
 * Kind of figure; how much of it, or which share of what there was, is no growth but chance. A connection is held by each order that
 * is waited for, so a minute in which orders take longer has some tens more handles; one lost for each order would be 100,000.
 */
const kinds = [
  ['heap', 'heap in use, MB', 12, 0.15],
  ['rss', 'resident memory, MB', 24, 0.15],
  ['handles', 'handles', 40, 0.2],
  ['rows', 'rows that should be gone', 300, 0.2],
] as const;

export function judgeSoak(looks: Sizes[], keysArePurged: boolean): Goal[] {
  return kinds.map(([kind, text, amount, share]) => {
    const grown = growthOf(looks, kind).filter(({ whose }) => keysArePurged || !whose.endsWith('idempotency_keys'));
    const over = ({ from, to }: Growth) => to - from - Math.max(amount, share * from);
    const worst = grown.toSorted((a, b) => over(b) - over(a))[0];
    const measured = worst && `most in ${worst.whose}: ${worst.from.toFixed(1)} → ${worst.to.toFixed(1)}`;
    // `every`, and not the worst alone: what could not be measured is no number, and is not flat.
    const met = worst !== undefined && grown.every((each) => over(each) <= 0);
    return { goal: `${text}: flat in every part`, measured: measured ?? 'nothing', met };
  });
}

function chartsOf(looks: Sizes[]): string[] {
  return kinds.map(([kind, text]) => {
    const names = Object.keys(looks[0]?.figures[kind] ?? {});
    const line = (name: string) =>
      looks.map(({ atS, figures }): [number, number | null] => [atS, figures[kind]![name] ?? null]);
    const series = names.map((name) => ({ name, points: line(name) }));
    return lineChart({ title: text, xUnit: 'seconds', yUnit: '', series });
  });
}
