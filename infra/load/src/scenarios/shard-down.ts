import { randomUUID } from 'node:crypto';
import { Database, newestMap, openDatabases, type SystemUrls } from '@ringshop/operator';
import { slotOf } from '@ringshop/placement';
import { aborted, type Context, type Goal, goal, type Scenario } from '../scenario.ts';
import type { Tallies } from '../tallies.ts';

const customersEach = 150;

export const shardDown: Scenario = {
  shows: "one shard's database away: its customers are told at once to come back, everybody else notices nothing",
  takes: '2 min',
  peak: 'welcome',
  prepare: async ({ system, tallies, note, mark, signal, peak, atEnd }: Context) => {
    const { healthy, sick, sickShard, database } = await customersByShard(system);
    const server = new Database(system.postgres, 'postgres');
    atEnd(() => server.close());
    const lend = (allow: boolean) => server.rows(`ALTER DATABASE ${database} ALLOW_CONNECTIONS ${allow}`);
    // A run that was killed before it could give the database back.
    await lend(true);
    return {
      env: { HEALTHY: healthy.join(), SICK: sick.join(), RATE: String(Math.round(peak ? peak * 0.25 : 60)) },
      meanwhile: async () => {
        const over = aborted(signal);
        await Promise.race([tallies.begun('healthy-down'), over]);
        if (signal.aborted) return;
        try {
          await lend(false);
          await server.rows('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
          mark(`${sickShard} away`);
          note(`the database of ${sickShard} takes no connections`);
          await Promise.race([tallies.begun('healthy-after'), over]);
        } finally {
          await lend(true);
          mark('back');
          note(`the database of ${sickShard} is back`);
        }
      },
      judge: () => judgeShardDown(tallies),
    };
  },
};

/** The same share of the load for both: what is compared is before and during, of the same customers. */
export function judgeShardDown(tallies: Tallies): Goal[] {
  const [before, down] = [tallies.stage('healthy-before'), tallies.stage('healthy-down')];
  const [sick, after] = [tallies.stage('sick-down'), tallies.stage('sick-after')];
  const longer = down.ended.percentile(99) / before.ended.percentile(99);
  const harmed = down.failed + down.count('refused');
  const [p50, p95] = [sick.refusals.percentile(50), sick.refusals.percentile(95)];
  const backS = Math.max(0, Math.max(after.lastRefusalAt, after.lastUnendedAt) - after.firstAt) / 1000;
  const isBack = after.ended.count > 0 && backS < 10;
  const others = [...tallies.stages].filter(([name]) => name !== 'sick-down').map(([, stage]) => stage);
  const unended = sum(others.filter((stage) => stage !== after).map((stage) => stage.count('unended')));
  const ended = sum(others.map((stage) => stage.ended.count));
  const failed = sum(others.map((stage) => stage.failed));
  return [
    goal("p99 of the others' customers against before, at most 1.2", longer, longer <= 1.2),
    goal("the others' customers refused or failed, nobody", harmed, down.ended.count > 0 && harmed === 0, 0),
    goal("the shard's own refused with Retry-After", sick.count('refused'), sick.count('refused') > 0, 0),
    goal("the shard's own who were told anything else, under 1 %", sick.failed, sick.failed < sick.total / 100, 0),
    goal('such a refusal takes, ms (median), under 100', p50, p50 < 100),
    goal('such a refusal takes, ms (p95), under 100', p95, p95 < 100),
    goal('last refused, or waiting in vain, after the database was back, s, within 10', backS, isBack),
    goal('customers failed at any other time, nobody', failed, others.length > 0 && failed === 0, 0),
    goal('orders at any other time that did not end in 5 s, under 0.1 %', unended, unended < ended / 1000, 0),
  ];
}

const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);

async function customersByShard(system: SystemUrls) {
  const databases = await openDatabases(system.postgres);
  try {
    const { slots, members } = await newestMap(databases.placement);
    const sickShard = members.at(-1)!;
    if (members.length < 2) throw new Error('there is one shard only: nobody would be left (npm start -- --fresh)');
    const [healthy, sick]: [string[], string[]] = [[], []];
    while (Math.min(healthy.length, sick.length) < customersEach) {
      const id = randomUUID();
      (slots[slotOf(id)] === sickShard ? sick : healthy).push(id);
    }
    const database = databases.shards.find(({ name }) => name === sickShard)!.database.name;
    return { healthy: healthy.slice(0, customersEach), sick: sick.slice(0, customersEach), sickShard, database };
  } finally {
    await databases.close();
  }
}
