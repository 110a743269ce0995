import { describe, expect, it } from 'vitest';
import { faultKinds } from './deck.ts';
import { type Findings, reasonsAgainst } from './verdict.ts';

const audit: NonNullable<Findings['audit']> = {
  ok: true,
  invariants: [{ id: 'I1', title: 'stock adds up', ok: true, checked: 3, violations: [] }],
};
const green: Findings = {
  orders: 100,
  confirmed: 60,
  kinds: faultKinds,
  faults: Object.fromEntries(faultKinds.map((kind) => [kind, { done: 2, felt: 1 }])) as Findings['faults'],
  failpoints: { 'relay.sent: kill': 1 },
  provider: { http500: 3 },
  mix: { plain: 90, hot: 10 },
  cancelsAccepted: 5,
  errors: [],
  deaths: [],
  wrongAnswers: {},
  unended: [],
  wrongEnds: [],
  parked: [],
  deadLetters: [],
  audit,
};

it('has nothing against a run in which every fault was felt and every promise kept', () => {
  expect(reasonsAgainst(green)).toEqual([]);
});

describe('names the one thing that is wrong', () => {
  const broken = {
    ...audit.invariants[0]!,
    ok: false,
    violations: [{ subject: 'SKU-1', problem: 'has -1 available' }],
  };
  const wrong: [what: string, findings: Partial<Findings>, reason: string][] = [
    [
      'a fault that nobody felt',
      { faults: { ...green.faults, cut: { done: 3, felt: 0 } } },
      'cut never fired (done 3 ×)',
    ],
    ['a failpoint that never struck', { failpoints: { 'relay.sent: kill': 0 } }, 'relay.sent: kill never struck'],
    ['a fault of the provider that never fired', { provider: { hang: 0 } }, "the provider's fault hang never fired"],
    ['a kind of order that nobody placed', { mix: { plain: 9, scarce: 0 } }, 'of the kind scarce'],
    ['a fault that could not be undone', { errors: ['kill order-1: no way'] }, 'kill order-1: no way'],
    ['a part that died by itself', { deaths: ['gateway-1 (exit code 1)'] }, 'died by itself: gateway-1'],
    ['an answer outside the contract', { wrongAnswers: { 'read was answered 500': 2 } }, 'read was answered 500 (2 ×)'],
    ['an order that did not end', { unended: ['o-1'] }, 'not ended within 60 s of the last healing: o-1'],
    ['an order that ended wrongly', { wrongEnds: ['o-2: plain ended cancelled'] }, 'ended as it must not: o-2'],
    ['a parked saga', { parked: ['o-3 at "commit stock"'] }, 'parked, and nobody meant to: o-3'],
    ['a dead letter', { deadLetters: ['payment.commands.dlq: poison'] }, 'dead letter: payment.commands.dlq'],
    ['no orders', { orders: 0 }, 'no order was acknowledged'],
    ['no confirmed order', { confirmed: 0 }, 'no order was confirmed'],
    ['no cancel', { cancelsAccepted: 0 }, 'no cancel was accepted'],
    [
      'a broken invariant',
      { audit: { ok: false, invariants: [broken] } },
      'I1 (stock adds up) does not hold: 1 violations, as SKU-1',
    ],
    ['no audit', { audit: undefined }, 'there is no audit'],
  ];

  it.each(wrong)('%s', (_what, findings, reason) => {
    const reasons = reasonsAgainst({ ...green, ...findings });
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain(reason);
  });
});

it('does not drown its reader: of many alike it shows five', () => {
  const reasons = reasonsAgainst({ ...green, unended: Array.from({ length: 40 }, (_, i) => `o-${i}`) });
  expect(reasons).toHaveLength(6);
  expect(reasons.at(-1)).toContain('and 35 more');
});
