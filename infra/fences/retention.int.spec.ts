import { readFileSync } from 'node:fs';
import { migrations as inventory } from '@ringshop/inventory/migrations';
import { redriveWithinMs } from '@ringshop/messaging';
import { migrations as order } from '@ringshop/order/migrations';
import { migrations as payment } from '@ringshop/payment/migrations';
import { placementMigrations as placement, topicsOf } from '@ringshop/setup';
import { testDatabase } from '@ringshop/testing';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const hour = 60 * 60 * 1000;
const inWords = (ms: number) => {
  const [count, unit] = ms < 24 * hour ? [ms / hour, 'hour'] : [ms / (24 * hour), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

/** The rows of the table, cell by cell. */
const rows = readFileSync(`${root}docs/retention.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| where'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(
    ([, where, what, howLong, configuration]) => ({ where, what, howLong, configuration }) as Record<string, string>,
  );
const named = (cell: string | undefined) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

describe.each([
  ['shard', order],
  ['inventory', inventory],
  ['payment', payment],
  ['placement', placement],
])('docs/retention.md, about the database of %s', (where, migrations) => {
  it('says how long the rows of each table are kept, and tells of no other table', async () => {
    const database = await testDatabase();
    const source = await new DataSource({ type: 'postgres', url: database.url, migrations }).initialize();
    await source.runMigrations().finally(() => source.destroy());
    const found = await database.pool.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    await database.drop();
    const told = rows.filter((row) => row.where === where).flatMap(({ what }) => named(what?.split(' that are ')[0]));
    expect(new Set(told)).toEqual(new Set(found.rows.map(({ name }) => name)));
  });
});

describe('docs/retention.md', () => {
  it.each([
    ['shard', 'order'],
    ['inventory', 'inventory'],
    ['payment', 'payment'],
  ])('names every time of %s with its default', async (where, app) => {
    const config = await import(`${root}apps/${app}/src/config.ts`);
    const { shape } = config[`${app}Config`];
    const times = Object.keys(shape).filter((variable) => variable.endsWith('_KEEP_MS'));
    expect(times.length).toBeGreaterThan(0);
    for (const variable of times) {
      const row = rows.find((each) => each.where === where && named(each.configuration).includes(variable));
      expect(row?.howLong, variable).toBe(inWords(shape[variable].parse(undefined)));
    }
  });

  it('says how long Kafka keeps messages and dead letters, and how old a letter may be re-driven', () => {
    const retention = (dead: boolean) =>
      topicsOf(['order-1'])
        .filter(({ topic }) => topic.endsWith('.dlq') === dead)
        .map(({ configEntries }) => Number(configEntries.find(({ name }) => name === 'retention.ms')?.value));
    const ofKafka = rows.filter(({ where }) => where === 'Kafka');
    const toldOf = (start: string) => ofKafka.find(({ what }) => what?.startsWith(start))?.howLong;
    expect(new Set(retention(false).map(inWords))).toEqual(new Set([toldOf('commands, replies, events')]));
    expect(new Set(retention(true).map(inWords))).toEqual(new Set([toldOf('dead letters')]));
    expect(inWords(redriveWithinMs)).toBe(toldOf('a dead letter that may still be re-driven'));
  });
});
