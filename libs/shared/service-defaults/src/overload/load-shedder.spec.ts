import { afterEach, expect, test } from 'vitest';
import { registry } from '../runtime/metrics.ts';
import { LoadShedder, type Work } from './load-shedder.ts';

const opened: LoadShedder[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});
function shedder(initial: number, where = 'test') {
  const it = new LoadShedder(where, { initial, min: 1, max: 100 });
  opened.push(it);
  return it;
}
const refused = (it: LoadShedder, work: Work): string | undefined => {
  try {
    it.require(work);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('as it fills, lists are refused first, then reads, and what is written last', () => {
  const it = shedder(10);
  const letIn: string[] = [];
  for (let n = 0; n <= 10; n++) {
    letIn.push((['list', 'read', 'write'] as const).filter((work) => refused(it, work) === undefined).join(' '));
    if (n < 10) it.enter('write');
  }
  const all = 'list read write';
  expect(letIn).toEqual([all, all, all, all, all, all, 'read write', 'read write', 'write', 'write', '']);
  expect(refused(it, 'write')).toBe('overloaded');
});

test('a refusal says when to come back, takes no place, and is counted by what was refused', async () => {
  const it = shedder(1, 'counted');
  it.enter('write');
  for (let n = 0; n < 3; n++) {
    await expect(it.run('read', async () => 1)).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  }
  expect(it.inFlight).toBe(1);
  const text = await registry.metrics();
  expect(text).toContain('ringshop_shed_total{where="counted",work="read"} 3');
  expect(text).toContain('ringshop_concurrency_limit{where="counted"} 1');
  expect(text).toContain('ringshop_concurrency_in_flight{where="counted"} 1');
});

test('a place is free again when its work is over, also when it failed', async () => {
  const it = shedder(1);
  await expect(it.run('write', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await it.run('write', async () => 'done')).toBe('done');
  expect(it.inFlight).toBe(0);
});

test('however small the limit, something of each kind is let in', async () => {
  expect(await shedder(1).run('list', async () => 'a list')).toBe('a list');
});
