import { expect, it } from 'vitest';
import { wrongAnswer } from './allowed-answers.ts';

it.each([
  ['place', { status: 202 }],
  ['place', { status: 409, code: 'idempotency-key-in-use' }],
  ['place', { status: 503, code: 'overloaded', retryAfter: '1' }],
  ['cancel', { status: 409, code: 'not-cancellable' }],
  ['other-body', { status: 422, code: 'idempotency-key-reused' }],
  ['read', { status: 504, code: 'deadline-exceeded' }],
] as const)('%s may be answered %o', (call, answer) => {
  expect(wrongAnswer(call, answer)).toBeUndefined();
});

it.each([
  ['place', { status: 500 }],
  ['place', { status: 422, code: 'idempotency-key-reused' }],
  ['place', { status: 503, code: 'overloaded' }],
  ['read', { status: 404, code: 'not-found' }],
  ['other-body', { status: 201 }],
  ['cancel', { status: 200 }],
] as const)('%s may not be answered %o', (call, answer) => {
  expect(wrongAnswer(call, answer)).toContain(`${call} was answered ${answer.status}`);
});
