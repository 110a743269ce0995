import { cloudEventOf } from '@ringshop/contracts';
import { describe, expect, it } from 'vitest';
import { decodeRow, type Encoded, encode, encodeRow, maxMessageBytes, produces } from './encoding.ts';

const event = (data: unknown) => cloudEventOf({ name: 'release-stock', source: '/spec', subject: 'order "1"', data });
const sized = (bytes: number): Encoded => ({ topic: 't', key: 'k', value: 'x'.repeat(bytes) });

describe('an outbox row', () => {
  it('reads back as what was sent, byte for byte', () => {
    const messages = [{ quote: '"\\', line: '\n', euro: '€', pair: '\u{1f600}' }, {}].map((data) =>
      encode({ topic: 'a "topic"', event: event(data) }),
    );
    expect(decodeRow(JSON.parse(encodeRow(messages)))).toEqual(messages);
  });
});

describe('a message', () => {
  it('is refused by its size in bytes, not in characters', () => {
    expect(() => encode({ topic: 't', event: event('x'.repeat(maxMessageBytes - 1_000)) })).not.toThrow();
    expect(() => encode({ topic: 't', event: event('€'.repeat(maxMessageBytes / 3)) })).toThrow(RangeError);
  });
});

describe('what goes in one produce', () => {
  it('is all of what fits', () => {
    const messages = [sized(10), sized(20)];
    expect([...produces(messages)]).toEqual([messages]);
    expect([...produces([])]).toEqual([]);
  });

  it('is below the limit in bytes, keeps the order, and loses nothing', () => {
    const messages = Array.from({ length: 50 }, (_, at) => ({ ...sized(100_000), key: String(at) }));
    const cut = [...produces(messages)];
    expect(cut.flat()).toEqual(messages);
    for (const portion of cut) expect(portion.length).toBeLessThanOrEqual(9);
  });

  it('is a message as large as the limit alone', () => {
    expect([...produces([sized(1), sized(maxMessageBytes), sized(1)])].map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  it('is bounded in number, for the framing of small messages counts too', () => {
    expect([...produces(Array.from({ length: 2_500 }, () => sized(1)))].map(({ length }) => length)).toEqual([
      1000, 1000, 500,
    ]);
    expect([...produces([sized(1), sized(1)], 1)].map(({ length }) => length)).toEqual([1, 1]);
  });
});
