import { expect, it } from 'vitest';
import type { Benchmark } from './benchmark.ts';
import { runBenchmark } from './run-benchmark.ts';

/** Does everything that a benchmark is asked for, and tells in which order; what is in `broken` fails. */
async function orderOf(options: { save?: boolean; docs?: boolean }, broken: string[] = []): Promise<string[]> {
  const done: string[] = [];
  const does = (what: string) => {
    if (broken.includes(what)) throw new Error(`no ${what}`);
    done.push(what);
  };
  const benchmark: Benchmark = {
    options: ['save', 'docs'],
    help: [],
    async measure({ docs }) {
      does('measure');
      const write = async () => {
        does('pages');
        return [];
      };
      return { result: { goals: [] }, text: 'text', ...(docs && { write }) };
    },
  };
  const outside = {
    print: () => does('print'),
    note: () => undefined,
    readKept: async () => {
      does('read');
      return {};
    },
    save: async () => {
      does('save');
      return '';
    },
  };
  await runBenchmark({ name: 'mill', benchmark, options, command: '', json: false }, outside).catch(
    ({ message }: Error) => done.push(message),
  );
  return done;
}

it('prints what was measured before it is written anywhere, so that a file in the way takes nothing along', async () => {
  expect(await orderOf({ save: true })).toEqual(['read', 'measure', 'print', 'save']);
  expect(await orderOf({ docs: true })).toEqual(['measure', 'print', 'pages']);
  expect(await orderOf({ save: true }, ['save'])).toEqual(['read', 'measure', 'print', 'no save']);
  expect(await orderOf({})).toEqual(['measure', 'print']);
});

it('does not begin to measure for a file that it could not keep the run in', async () => {
  expect(await orderOf({ save: true }, ['read'])).toEqual(['no read']);
});

it('says before the numbers what they were measured on, and with which code', async () => {
  const arms = [{ rounds: [1, 2, 3] }];
  const measure = async () => ({ result: { goals: [], arms }, text: 'the table' });
  const printed: string[] = [];
  const outside = {
    print: (text: string) => printed.push(text),
    note: () => undefined,
    readKept: async () => ({}),
    save: async () => '',
  };
  const benchmark: Benchmark = { options: [], help: [], measure };
  await runBenchmark({ name: 'mill', benchmark, options: {}, command: 'npm run bench', json: false }, outside);
  expect(printed.join()).toMatch(/^`npm run bench`, .*3 rounds in .* Node v.*\nthe table$/);
});
