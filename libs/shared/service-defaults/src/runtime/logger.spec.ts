import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  write(createLogger('test', 'trace', { write: (line) => (text += line) }));
  return text;
}

test('values under secret keys are redacted at any depth and in any spelling', () => {
  const text = logged((logger) =>
    logger.info({
      authorization: 'geheim',
      order: { shipTo: { name: 'geheim' }, list: [{ ship_to: 'geheim', payment: { token: 'geheim' } }] },
      'payment-token': 'geheim',
      PASSWORD: 'geheim',
    }),
  );
  expect(text).toContain('[redacted]');
  expect(text).not.toContain('geheim');
});

test('credentials and tokens inside texts are taken out', () => {
  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJnZWhlaW0ifQ.c2ln';
  const text = logged((logger) => {
    // secretlint-disable-next-line -- made up
    logger.info(`connected to postgres://order:geheim@127.0.0.1/order with ${jwt}`);
    logger.info({ url: 'redis://:geheim@host:1' }, 'authorised %s', 'Bearer geheim');
    logger.error({ err: new Error('paid with tok_approve.geheim') }, 'failed');
  });
  expect(text).not.toMatch(/geheim|eyJ/);
  expect(text).toContain('postgres://***@127.0.0.1/order');
});

test('a database error shows neither the row nor the statement', () => {
  const error = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (name)=(geheim) already exists.',
    query: "INSERT … 'geheim'",
    parameters: ['geheim'],
  });
  const text = logged((logger) => logger.error({ err: new Error('outer', { cause: error }) }, 'failed'));
  expect(text).not.toContain('geheim');
  expect(text).toContain('23505');
});

test('CR and LF cannot forge a line', () => {
  const text = logged((logger) => logger.info({ sku: 'a\r\n{"level":"fatal"}' }, 'b\r\n{"level":"fatal"}'));
  expect(text.trimEnd().split(/[\r\n]/)).toHaveLength(1);
  expect(JSON.parse(text)).toMatchObject({ name: 'test', sku: 'a\r\n{"level":"fatal"}' });
});

test('something deep or circular is cut and does not fail', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  expect(logged((logger) => logger.info({ circular }))).toContain('[deep]');
});
