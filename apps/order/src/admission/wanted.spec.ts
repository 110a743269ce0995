import { deadlineHeader } from '@ringshop/service-defaults';
import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { wantedOf } from './wanted.ts';

const isWanted = (left?: string) =>
  wantedOf({
    headers: { [deadlineHeader]: left },
    raw: { socket: { destroyed: false } },
  } as unknown as FastifyRequest)();

it.each(['1000', '0.5', undefined])('is wanted for the %s ms that are left', (left) => {
  expect(isWanted(left)).toBe(true);
});

it.each(['0', '-1', '-Infinity'])('is late with %s ms left', (left) => {
  expect(isWanted(left)).toBe(false);
});
