import { expect, it } from 'vitest';
import { planApps } from './plan.ts';
import { defaultPorts } from './ports.ts';
import { settingsFrom } from './settings.ts';

it('gives each kind of part what is set for it, and nobody what is empty', async () => {
  const settings = await settingsFrom({
    RATE_LIMIT_PER_CUSTOMER: '5/1s',
    STOCK_LOCK: 'database',
    PURGE_EVERY_MS: '5000',
    PAYMENT_LATENCY_MS: '',
  });
  expect(settings).toEqual({
    gateway: { RATE_LIMIT_PER_CUSTOMER: '5/1s' },
    order: { PURGE_EVERY_MS: '5000' },
    inventory: { STOCK_LOCK: 'database', PURGE_EVERY_MS: '5000' },
    payment: { PURGE_EVERY_MS: '5000' },
    simulators: {},
  });
});

it('has nothing point a part elsewhere, and no secret come from a shell', async () => {
  const planned = planApps({ shards: 1, replicas: 1 }, defaultPorts, '/dir').flatMap(({ env }) => Object.keys(env));
  const secrets = ['DATABASE_URL', 'PLACEMENT_URL', 'INTERNAL_CALL_KEYS', 'PAYMENT_TOKEN_KEYS', 'PERSONAL_DATA_KEYS'];
  const stray = Object.fromEntries([...planned, ...secrets].map((name) => [name, 'stray']));
  for (const taken of Object.values(await settingsFrom(stray))) expect(taken).toEqual({});
});
