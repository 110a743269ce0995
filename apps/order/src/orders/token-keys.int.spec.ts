import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitKid } from '@ringshop/service-defaults';
import { eventually } from '@ringshop/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { place, type Replica, type TestShard, testShard } from '../shard.kit.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringshop-'));
const path = join(folder, 'keys');
const k1 = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const k2 = `k2:${Buffer.alloc(32, 2).toString('base64')}`;

let shard: TestShard;
let replica: Replica;

beforeAll(async () => {
  await writeFile(path, k1);
  shard = await testShard();
  replica = await shard.replica({ PAYMENT_TOKEN_KEYS: '', PAYMENT_TOKEN_KEYS_FILE: path });
});
afterAll(async () => {
  await shard.stop();
  await rm(folder, { recursive: true });
});

async function sealedWith(): Promise<string> {
  const { orderId } = (await (await place(replica)).json()) as { orderId: string };
  const { rows } = await shard.database.pool.query('SELECT data FROM sagas WHERE saga_id = $1', [orderId]);
  return splitKid(rows[0].data.token)[0];
}

it('seals payment tokens with the key that is first in PAYMENT_TOKEN_KEYS_FILE, also when that changes meanwhile', async () => {
  expect(await sealedWith()).toBe('k1');
  await writeFile(path, `${k2},${k1}`);
  await eventually(async () => (await sealedWith()) === 'k2', { what: 'the new key to seal' });
});
