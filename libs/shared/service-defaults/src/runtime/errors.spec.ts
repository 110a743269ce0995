import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { isAway, isTransient, RetriableError } from './errors.ts';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

test.each([
  new RetriableError('lock is taken'),
  withCode('40001'),
  withCode('40P01'),
  withCode('08006'),
  withCode('57P01'),
  withCode('53300'),
  withCode('53100'),
  withCode('58030'),
  withCode('ECONNREFUSED'),
  new Error('Connection terminated unexpectedly'),
  Object.assign(new Error('no leader'), { retriable: true }),
  new Error('outer', { cause: withCode('ECONNRESET') }),
  new AggregateError([withCode('ECONNREFUSED')]),
])('may pass: %s', (error) => expect(isTransient(error)).toBe(true));

test.each([
  new Error('x'),
  withCode('23505'),
  withCode('42601'),
  withCode('42501'),
  Object.assign(new Error('x'), { retriable: false }),
  'ECONNREFUSED',
  undefined,
])('is final: %s', (error) => expect(isTransient(error)).toBe(false));

test('a circular cause ends', () => {
  const error = new Error('x');
  error.cause = error;
  expect(isTransient(error)).toBe(false);
});

test('a refused connection of this Node is recognised', async () => {
  const error = await new Promise((resolve) => connect(1, '127.0.0.1').once('error', resolve));
  expect(isTransient(error)).toBe(true);
});

test.each([
  withCode('ECONNREFUSED'),
  withCode('57P01'),
  withCode('28P01'),
  withCode('3D000'),
  new Error('Connection terminated unexpectedly'),
  new Error('outer', { cause: new AggregateError([withCode('08006')]) }),
  Object.assign(withCode('55000'), { severity: 'FATAL' }),
])('is away: %s', (error) => expect([isAway(error), isTransient(error)]).toEqual([true, true]));

test.each([
  new RetriableError('the queue is full'),
  withCode('40P01'),
  withCode('53100'),
  Object.assign(withCode('55000'), { severity: 'ERROR' }),
  undefined,
])('is there, and says no: %s', (error) => expect(isAway(error)).toBe(false));
