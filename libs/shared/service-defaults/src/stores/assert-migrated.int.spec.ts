import { type TestDatabase, testDatabase } from '@ringshop/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { assertMigrated, NotMigrated } from './assert-migrated.ts';

class First1 {}
class Second2 {
  readonly name = 'Renamed2';
}

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.drop());

const migrated = async (...names: string[]) => {
  await database.pool.query('CREATE TABLE migrations (id serial, timestamp bigint, name varchar)');
  for (const name of names) await database.pool.query('INSERT INTO migrations (name) VALUES ($1)', [name]);
};

it('refuses a database that was never migrated', async () => {
  const refused = assertMigrated(database.pool, [First1, Second2]);
  await expect(refused).rejects.toThrow(NotMigrated);
  await expect(refused).rejects.toThrow('missing: First1, Renamed2');
});

it('refuses a database that lacks the newest migration, and names it', async () => {
  await migrated('First1');
  await expect(assertMigrated(database.pool, [First1, Second2])).rejects.toThrow('missing: Renamed2');
});

it('takes a database that is as new as the code, or newer', async () => {
  await migrated('First1', 'Renamed2', 'OfTheNextRelease3');
  await assertMigrated(database.pool, [First1, Second2]);
});
