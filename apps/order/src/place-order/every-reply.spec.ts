import { advance, type Input, type Instance, newInstance, type State } from '@ringshop/saga';
import { describe, expect, it } from 'vitest';
import { type PlaceOrder, placeOrderSaga } from './place-order.saga.ts';

/**
 * Every mode the saga can be in × every reply of every command of it × silence × a customer who cancels. A cell says what is sent, where the saga
 * stands then, and what the order is told; a cell that is not written down changes nothing.
 */
const table: Record<string, Record<string, string>> = {
  'acting reserve stock': {
    'stock-reserved': 'authorise-payment | acting authorise payment | -',
    'out-of-stock': '- | compensated reserve stock | rejected',
    'unknown-sku': '- | compensated reserve stock | rejected',
    'price-changed': '- | compensated reserve stock | rejected',
    'stock-unavailable': '- | compensated reserve stock | rejected',
    'reservation-refused': '- | compensated reserve stock | rejected',
    silence: 'release-stock | compensating reserve stock | -',
    abort: 'release-stock | compensating reserve stock | -',
  },
  'acting authorise payment': {
    'payment-authorised': 'commit-stock | acting commit stock | confirmed',
    'payment-declined': 'release-stock | compensating reserve stock | -',
    'payment-refused': 'release-stock | compensating reserve stock | -',
    silence: 'void-payment | compensating authorise payment | -',
    abort: 'void-payment | compensating authorise payment | -',
  },
  'acting commit stock': {
    'stock-committed': 'capture-payment | acting capture payment | -',
    'reservation-gone': 'void-payment | undoing authorise payment | -',
    'commit-refused': 'capture-payment | acting capture payment | -',
    silence: 'commit-stock | acting commit stock | -',
  },
  'acting capture payment': {
    'payment-captured': '- | completed capture payment | -',
    'capture-refused': '- | completed capture payment | -',
    silence: 'capture-payment | acting capture payment | -',
  },
  'compensating authorise payment': {
    'payment-voided': 'release-stock | compensating reserve stock | -',
    silence: 'void-payment | compensating authorise payment | -',
    abort: '- | compensating authorise payment | -',
  },
  'compensating reserve stock': {
    'stock-released': '- | compensated reserve stock | rejected',
    'payment-authorised': 'void-payment | compensating reserve stock | -',
    silence: 'release-stock | compensating reserve stock | -',
    abort: '- | compensating reserve stock | -',
  },
  'undoing authorise payment': {
    'payment-voided': 'release-stock | undoing reserve stock | -',
    silence: 'void-payment | undoing authorise payment | -',
  },
  'undoing reserve stock': {
    'stock-released': '- | undone reserve stock | cancelled',
    'payment-authorised': 'void-payment | undoing reserve stock | -',
    silence: 'release-stock | undoing reserve stock | -',
  },
  'completed capture payment': {},
  'compensated reserve stock': {
    'stock-reserved': 'release-stock | compensated reserve stock | -',
    'payment-authorised': 'void-payment | compensated reserve stock | -',
  },
  'undone reserve stock': {
    'stock-reserved': 'release-stock | undone reserve stock | -',
    'payment-authorised': 'void-payment | undone reserve stock | -',
  },
};

const saga = placeOrderSaga({ confirmMarginMs: 5_000 });
const now = Date.parse('2026-01-01T12:00:00Z');
const total = { amount: 999, currency: 'EUR' } as const;
const data: PlaceOrder = { lines: [], token: 'sealed', total, heldUntil: '2026-01-01T12:15:00Z' };
/** Data with which any reply's handler can do something. */
const anyReply = { ...data, skus: ['SKU-0910'], amount: total, reason: 'closed' };
const policy = {
  stepDeadlineMs: 10_000,
  retryMinMs: 100,
  retryMaxMs: 5_000,
  parkAfterMs: 60_000,
  retryParkedMs: 15_000,
  random: () => 0,
};

const steps = saga.stages.filter((stage) => stage.kind !== 'pivot');
const undoable = steps.filter((step) => step.kind === 'compensatable');
const at = (state: State, step: { name: string }) => ({ state, step: step.name });
const modes = [
  ...steps.map((step) => at('acting', step)),
  ...(['compensating', 'undoing'] as const).flatMap((state) => undoable.map((step) => at(state, step))),
  at('completed', steps.at(-1)!),
  ...(['compensated', 'undone'] as const).map((state) => at(state, steps[0]!)),
];

const instanceAt = (mode: (typeof modes)[number]): Instance<PlaceOrder> => {
  const done = ['completed', 'compensated', 'undone'].includes(mode.state);
  return { ...newInstance(saga, 'order', data, now), ...mode, done, deadline: done ? null : now, attempts: 1 };
};

/** What can come but replies. */
const unprompted: Record<string, Input> = {
  silence: { kind: 'silence' },
  abort: { kind: 'abort', reason: 'customer' },
};
const inputs = [...saga.ownerOf.keys(), ...Object.keys(unprompted)];

const words = (names: string[]) => names.join(' ') || '-';
function cell(mode: (typeof modes)[number], input: string): string {
  const before = instanceAt(mode);
  const what = unprompted[input] ?? { kind: 'reply', name: input, data: anyReply };
  const { instance, send, transitions } = advance(saga, before, what, now, policy);
  if (instance === before) return 'nothing';
  const told = transitions.map(({ outcome }) => outcome);
  return `${words(send.map(({ name }) => name))} | ${instance.state} ${instance.step} | ${words(told)}`;
}

describe.each(modes)('$state $step', (mode) => {
  const row = table[`${mode.state} ${mode.step}`];

  it('has a row with a cell for silence and for each reply that it waits for', () => {
    const { state, step } = mode;
    const stage = steps.find(({ name }) => name === step)!;
    const command = (state === 'acting' ? stage.action : stage.compensation)?.command;
    const awaited = instanceAt(mode).done ? [] : ['silence', ...Object.keys(command!.replies)];
    expect(Object.keys(row ?? {})).toEqual(expect.arrayContaining(awaited));
    expect(row).toBeDefined();
  });

  it.each(inputs)('%s', (input) => {
    expect(cell(mode, input)).toBe(row?.[input] ?? 'nothing');
  });
});

it('the table has no row or column that the saga does not have', () => {
  expect(Object.keys(table).sort()).toEqual(modes.map(({ state, step }) => `${state} ${step}`).sort());
  for (const row of Object.values(table)) {
    for (const input of Object.keys(row)) expect(inputs).toContain(input);
  }
});
