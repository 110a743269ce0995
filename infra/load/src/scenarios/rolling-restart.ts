import { setTimeout as sleep } from 'node:timers/promises';
import { defaultDir, type PartStatus, readStatus, restartPart } from '@ringshop/local';
import { CommandFailed } from '@ringshop/operator';
import { aborted, type Context, type Goal, goal, type Scenario } from '../scenario.ts';
import type { Tallies } from '../tallies.ts';

export const rollingRestart: Scenario = {
  shows: 'what has more than one replica (shards, inventory) is restarted, one by one: no customer is told of it',
  takes: '1¾ min',
  peak: 'welcome',
  prepare: async ({ tallies, note, mark, signal, peak }: Context) => {
    const { parts } = await readStatus(defaultDir);
    const names = inTurn(parts);
    note(`${names.join(', ')}: what has one replica is left alone`);
    const restarted: string[] = [];
    return {
      env: { RATE: String(Math.round(peak ? peak * 0.15 : 40)), SECONDS: String(10 + 8 * names.length) },
      meanwhile: async () => {
        const over = aborted(signal);
        await Promise.race([tallies.begun('restarts'), over]);
        for (const name of names) {
          if (signal.aborted) return;
          note(`restarting ${name}`);
          mark(name);
          // Stop and start are one request: whatever happens here, the runner brings the part up again.
          await restartPart(defaultDir, name);
          if (!signal.aborted) restarted.push(name);
          await Promise.race([sleep(1500), over]);
        }
      },
      judge: () => judgeRestarts(tallies, restarted, names),
    };
  },
};

/** What has a second replica, which serves meanwhile. @throws CommandFailed when nothing has */
export function inTurn(parts: Pick<PartStatus, 'name' | 'kind'>[]): string[] {
  if (parts.length === 0) throw new CommandFailed('rolling-restart needs a system that npm start runs, not containers');
  const replicas = Map.groupBy(parts, ({ name }) => name.replace(/\.\d+$/, ''));
  const names = [...replicas.values()].filter(({ length }) => length > 1).flatMap((all) => all.map(({ name }) => name));
  if (names.length > 0) return names;
  throw new CommandFailed(
    'each part has one replica, and nobody would serve while it restarts: npm start -- --replicas 2',
  );
}

export function judgeRestarts(tallies: Tallies, restarted: string[], names: string[]): Goal[] {
  const stage = tallies.stage('restarts');
  const refused = stage.count('refused');
  return [
    goal(
      `replicas restarted under load, all ${names.length} (${names.join(', ')})`,
      restarted.length,
      restarted.length === names.length,
      0,
    ),
    goal('customers who were told 5xx, or nothing', refused + stage.failed, refused + stage.failed === 0, 0),
    goal('orders that ended meanwhile', stage.ended.count, stage.ended.count > 0, 0),
  ];
}
