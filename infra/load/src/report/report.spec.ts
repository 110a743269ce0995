import { expect, it } from 'vitest';
import { givenTallies } from '../given-tallies.kit.ts';
import { pageOf } from './html.ts';
import type { Outcome } from './outcome.ts';
import { outcomeText } from './text.ts';

const outcome: Outcome = {
  name: 'steady',
  scenario: { shows: 'how long orders take at <70 %> of the peak', takes: '1½ min' },
  command: 'npm run load -- steady --peak 500',
  startedAt: new Date('2026-01-02T03:04:05Z'),
  seconds: 80,
  tallies: givenTallies({ steady: { outcomes: { confirmed: 500, refused: 3, unended: 7, 'failed:502': 2 }, ms: 42 } }),
  marks: [{ atMs: 1_003_000, label: 'order-2 away' }],
  thresholds: [{ goal: 'placed_to_terminal: p(99)<1000', measured: '42', met: true }],
  goals: [{ goal: 'nobody was failed', measured: '2', met: false }],
  charts: ['<svg id="its-own"></svg>'],
  audit: {
    ok: true,
    parked: [],
    invariants: [{ id: 'I1', title: 'stock adds up', ok: true, checked: 7, violations: [] }],
  },
  ok: false,
};

it('is a page that needs nothing beside itself', () => {
  const page = pageOf(outcome).replaceAll(/xmlns(:\w+)?="[^"]+"/g, '');
  expect(page).not.toMatch(/<script|<link|<img|https?:|@import|src=/);
  expect(page.match(/<svg/g)).toHaveLength(4);
});

it('tells what was run, what came of it, when what was done, and what was missed', () => {
  const page = pageOf(outcome);
  for (const told of [
    '--peak 500',
    '2026-01-02 03:04:05',
    '&lt;70 %&gt;',
    'order-2 away',
    'p(99)&lt;1000',
    'stock adds up',
  ])
    expect(page).toContain(told);
  expect(page).toContain('<span class="verdict missed">red</span>');
  expect(page).toMatch(/verdict missed">✗<\/span><td>nobody was failed<td>2/);
});

it('tells from when latencies count', () => {
  const fromDue = pageOf(outcome);
  for (const told of ['latencies count from when an order was due', 'From when an order was due until'])
    expect(fromDue).toContain(told);
  const fromPost = pageOf({ ...outcome, scenario: { ...outcome.scenario, fromPost: true } });
  expect(fromPost).not.toContain('when an order was due');
  for (const told of ['latencies count from the POST', 'From the POST of an order until'])
    expect(fromPost).toContain(told);
});

it('says the same in a terminal', () => {
  const text = outcomeText(outcome);
  expect(text).toMatch(/steady +512 +500 +50 +42[ .\d]+ 7 +3 +5/);
  expect(text).toMatch(/✗.* nobody was failed: 2/);
  expect(text).toContain('steady is red');
});
