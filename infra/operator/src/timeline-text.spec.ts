import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { table } from './table.ts';
import { timelineText } from './timeline-text.ts';

const at = (ms: number) => new Date(1_800_000_000_000 + ms).toISOString();

it('tells a declined order line by line, aligned, with what each step means', () => {
  const text = timelineText([
    { at: at(0), what: 'sent', detail: 'reserve-stock' },
    { at: at(6), what: 'reply', detail: 'stock-reserved' },
    { at: at(6), what: 'sent', detail: 'authorise-payment' },
    { at: at(11), what: 'reply', detail: 'payment-declined: card declined' },
    { at: at(11), what: 'giving up', detail: 'payment-declined: card declined' },
    { at: at(11), what: 'sent', detail: 'release-stock' },
    { at: at(2015), what: 'asked again', detail: 'release-stock (3 times)' },
    { at: at(2016), what: 'reply', detail: 'stock-released' },
    { at: at(2016), what: 'ended', detail: 'compensated: payment-declined' },
  ]);
  expect(stripVTControlCharacters(text)).toMatchInlineSnapshot(`
    "    +0 ms  → inventory  reserve-stock                    hold the goods
        +6 ms  ← inventory  stock-reserved
        +6 ms  → payment    authorise-payment                may we charge this card?
       +11 ms  ← payment    payment-declined                 card declined
       +11 ms  ⟲ order      payment-declined: card declined  give up, and undo what was done
       +11 ms  → inventory  release-stock                    undo: give the goods back
     +2015 ms  ↻ inventory  release-stock                    asked again (3 times)
     +2016 ms  ← inventory  stock-released
     +2016 ms  ■ order      compensated: payment-declined"
  `);
});

it('a timeline of nothing is nothing', () => {
  expect(timelineText([])).toBe('');
});

it('a table has columns as wide as their widest cell, and numbers to the right', () => {
  expect(
    table(
      ['shard', 'slots'],
      [
        ['order-1', 2089],
        ['order-12', 7],
      ],
    ),
  ).toBe('shard      slots\norder-1     2089\norder-12       7');
});
