import type { IncomingHttpHeaders } from 'node:http';
import { expect, it } from 'vitest';
import { traceparentOf } from './traceparent.ts';

const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

it('takes what the recommendation gives as an example', () => {
  expect(traceparentOf({ traceparent: good })).toBe(good);
});

it.each([
  ['nothing', undefined],
  ['a word', 'geheim'],
  ['capital letters', good.toUpperCase()],
  ['another version', good.replace('00', 'ff')],
  ['a trace of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
  ['a span of zeros', `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`],
  ['more behind it', `${good}-geheim`],
  ['two of them, which Node joins', `${good}, ${good}`],
  ['a list', [good]],
])('ignores %s', (_, traceparent) => {
  expect(traceparentOf({ traceparent } as IncomingHttpHeaders)).toBeUndefined();
});
