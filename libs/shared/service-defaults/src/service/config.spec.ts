import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { ConfigError, readConfig, serviceVariables, variables } from './config.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const schema = z.object({
  ...serviceVariables,
  DATABASE_URL: variables.postgresUrl,
  KAFKA_BROKERS: variables.brokers,
  STEP_DEADLINE_MS: variables.ms.default(10_000),
  PERSONAL_DATA_KEYS: variables.keyRing,
});
const good = {
  NAME: 'order-1',
  PORT: '8110',
  DATABASE_URL: 'postgres://order:geheim@127.0.0.1/order_1', // secretlint-disable-line -- made up
  KAFKA_BROKERS: 'a:1, b:2',
  PERSONAL_DATA_KEYS: `k1:${key}`,
};

afterEach(() => vi.restoreAllMocks());

const failure = (env: NodeJS.ProcessEnv): ConfigError => {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('the configuration was accepted');
};

test('a good environment is parsed, with defaults', () => {
  const config = readConfig(schema, good);
  expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 8110, LOG_LEVEL: 'info', STEP_DEADLINE_MS: 10_000 });
  expect(config.KAFKA_BROKERS).toEqual(['a:1', 'b:2']);
  expect(config.PERSONAL_DATA_KEYS.first).toBe('k1');
});

test('every bad variable is named in one line, and no value', () => {
  const error = failure({
    PORT: 'geheim-port',
    DATABASE_URL: 'mysql://geheim',
    KAFKA_BROKERS: 'geheim',
    STEP_DEADLINE_MS: '0',
    PERSONAL_DATA_KEYS: 'k1:geheim',
    LOG_LEVEL: 'geheim',
  });
  expect(error.variables.sort()).toEqual(
    ['DATABASE_URL', 'KAFKA_BROKERS', 'LOG_LEVEL', 'NAME', 'PERSONAL_DATA_KEYS', 'PORT', 'STEP_DEADLINE_MS'].sort(),
  );
  expect(error.message).not.toContain('\n');
  expect(error.message).not.toContain('geheim');
});

test('a main ends with code 2 and one line', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exited');
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(() => readConfig(z.object({ SURELY_NOT_SET: variables.port }))).toThrow('exited');
  expect(exit).toHaveBeenCalledWith(2);
  expect(stderr.mock.calls).toEqual([['bad configuration: SURELY_NOT_SET (missing)\n']]);
});

test('X_FILE names a file that holds X', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'keys');
  writeFileSync(file, `k2:${key}\n`);
  const { PERSONAL_DATA_KEYS: _, ...rest } = good;
  expect(readConfig(schema, { ...rest, PERSONAL_DATA_KEYS_FILE: file }).PERSONAL_DATA_KEYS.first).toBe('k2');
  expect(failure({ ...good, PERSONAL_DATA_KEYS_FILE: file }).message).toContain('set together');
  expect(failure({ ...rest, PERSONAL_DATA_KEYS_FILE: '/nowhere' }).message).toContain('cannot be read');
});

test('an empty variable is a missing one', () => {
  expect(failure({ ...good, DATABASE_URL: '' }).message).toBe('bad configuration: DATABASE_URL (missing)');
});

test('a default that a rule of the whole configuration refuses is named with that rule, and not called missing', () => {
  const rule = { path: ['STEP_DEADLINE_MS'], message: 'must be more than twice PORT' };
  const strict = schema.refine(({ STEP_DEADLINE_MS, PORT }) => STEP_DEADLINE_MS > 2 * PORT, rule);
  expect(() => readConfig(strict, good)).toThrow('STEP_DEADLINE_MS (must be more than twice PORT)');
});
