import {
  authorisePayment,
  capturePayment,
  commitStock,
  releaseStock,
  reserveStock,
  voidPayment,
} from '@ringshop/contracts';
import { describe, expect, it } from 'vitest';
import { abort, defineSaga, InvalidDefinition, proceed, retry, undo } from './index.ts';

interface Trial {
  token?: string;
}
type Reason = 'silent' | 'refused' | 'lost';
type Words = Parameters<Parameters<typeof defineSaga<Trial, Reason, 'over'>>[0]['steps']>[0];
type Stages = ReturnType<Parameters<typeof defineSaga<Trial, Reason, 'over'>>[0]['steps']>;

const define = (steps: (words: Words) => Stages) =>
  defineSaga<Trial, Reason, 'over'>({
    name: 'trial',
    version: 1,
    silence: 'silent',
    ends: { compensated: () => 'over', undone: 'over' },
    steps,
  });

const amount = { amount: 1, currency: 'EUR' } as const;
const authorise = ({ step, ask }: Words) =>
  step('authorise', {
    action: ask(authorisePayment, () => ({ amount, token: 't' })),
    on: {
      'payment-authorised': () => proceed(),
      'payment-declined': () => abort('refused'),
      'payment-refused': () => abort('refused'),
    },
    compensation: ask(voidPayment),
  });
const confirm = ({ pivot }: Words) => pivot('confirm', { decide: () => proceed() });
const commit = ({ retriable, ask }: Words) =>
  retriable('commit', {
    action: ask(commitStock),
    on: {
      'stock-committed': () => proceed(),
      'reservation-gone': () => undo('lost'),
      'commit-refused': () => retry('later'),
    },
  });

describe('a definition refuses to load', () => {
  const refused = (steps: (words: Words) => Stages, why: RegExp) => {
    expect(() => define(steps)).toThrow(InvalidDefinition);
    expect(() => define(steps)).toThrow(why);
  };

  it('without a compensation for a step that may have to be undone', () => {
    refused(
      (words) => [{ ...authorise(words), compensation: undefined } as never, confirm(words)],
      /has no compensation/,
    );
  });
  it('without a pivot where there is something to undo, or with two', () => {
    refused((words) => [authorise(words)], /no pivot/);
    refused((words) => [confirm(words), { ...confirm(words), name: 'again' }], /two pivots/);
  });
  it('with a step on the wrong side of the pivot', () => {
    refused((words) => [confirm(words), authorise(words)], /must be retriable/);
    refused((words) => [commit(words), confirm(words)], /must be compensatable/);
  });
  it('when a reply of a contract has no handler', () => {
    refused(
      (words) => [confirm(words), { ...commit(words), on: { 'stock-committed': () => proceed() } }],
      /no handler for "reservation-gone"/,
    );
  });
  it('when two steps share a name, or two commands a reply', () => {
    refused((words) => [authorise(words), authorise(words), confirm(words)], /two steps are called/);
    refused(
      (words) => [authorise(words), { ...authorise(words), name: 'again' }, confirm(words)],
      /two commands are answered by/,
    );
  });
  it('when a compensation could be refused', () => {
    refused(
      (words) => [{ ...authorise(words), compensation: words.ask(commitStock) }, confirm(words)],
      /exactly one reply/,
    );
  });
});

// Each line below an expectation must fail to compile: `tsc -p tsconfig.check.json` says so when one does not.
describe('what does not compile', () => {
  it('is refused by the types', () => {
    const { step, retriable, ask }: Words = {} as never;
    const neverRun = () => {
      retriable('commit', {
        action: ask(commitStock),
        // @ts-expect-error a reply is missing: reservation-gone
        on: { 'stock-committed': () => proceed() },
      });
      // @ts-expect-error no compensation
      step('release', { action: ask(releaseStock), on: { 'stock-released': () => proceed() } });
      retriable('release', {
        action: ask(releaseStock),
        // @ts-expect-error abort stands before the pivot only
        on: { 'stock-released': () => abort('refused') },
      });
      step('release', {
        action: ask(releaseStock),
        // @ts-expect-error a step that can be undone is not retried
        on: { 'stock-released': () => retry('later') },
        compensation: ask(voidPayment),
      });
      retriable('release', {
        action: ask(releaseStock),
        // @ts-expect-error not one of the saga's reasons
        on: { 'stock-released': () => undo('some other reason') },
      });
      retriable('release', {
        action: ask(releaseStock),
        // @ts-expect-error a patch of something that is not in the data
        on: { 'stock-released': () => proceed({ colour: 'red' }) },
      });
      // @ts-expect-error the command needs data
      ask(capturePayment);
      // @ts-expect-error the command needs other data
      ask(reserveStock, () => ({ skus: ['A'] }));
      // @ts-expect-error a secret that the data does not have
      retriable('release', { action: ask(releaseStock), on: { 'stock-released': () => proceed() }, forgets: ['pin'] });
    };
    expect(neverRun).toBeTypeOf('function');
  });
});
