import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepestJson, readJson } from './json-body.ts';
import { Problem } from './problem.ts';

const refused = (text: string | Buffer): unknown => {
  try {
    readJson(Buffer.from(text as string));
  } catch (error) {
    if (error instanceof Problem && error.code === 'validation-failed') return error.toJSON().errors;
    throw error;
  }
  return 'nothing';
};
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

test.each([
  '{"a":1,"b":[{"c":"ü\\n\\ud800"},null]}',
  '{ "b" : 1.0,\n "a" : {"b": 1e2} }',
  '{"a":"\\u0061","b":{"a":1},"c":[{"a":1},{"a":2}]}',
  '{"a":"b:c\\"d:e\\\\","f:":"\\\\\\":\\\\"}',
  '{"2":1,"1":[[],{},""]}',
  '[]',
  '7',
  '":"',
  'null',
  nested(deepestJson),
])('%s is read', (text) => expect(readJson(Buffer.from(text))).toEqual(JSON.parse(text)));

test('whatever JSON there is, it is read as JSON.parse reads it, and refused once a member comes twice', () => {
  const inner = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.string(),
      fc.double(),
      fc.constant(null),
      fc.array(tie('value')),
      tie('object'),
    ),
    object: fc.dictionary(
      fc.string().filter((name) => !/^(__proto__|constructor|prototype)$/.test(name)),
      tie('value'),
    ),
  })).object as fc.Arbitrary<object>;
  const layout = fc.constantFrom(undefined, 1, '\t');
  fc.assert(
    fc.property(inner, layout, (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(readJson(Buffer.from(text))).toEqual(JSON.parse(text));
      const [name] = Object.keys(value);
      if (name === undefined) return;
      expect(refused(`${text.slice(0, -1)},${JSON.stringify(name)}:0}`)).not.toBe('nothing');
    }),
  );
});

test.each([
  ['{"lines":1,"lines":2}', 'lines'],
  ['{"lines":1,"lines":1}', 'lines'],
  ['{"lines":1,"\\u006cines":2}', 'lines'],
  ['{"lines":[{"quantity":1},{"quantity":1,"quantity":1000}]}', 'lines.1.quantity'],
  ['{"a":{"b":{},"b":{}}}', 'a.b'],
  ['{"1":1,"1":2}', '1'],
])('a member that comes twice is named: %s', (text, field) =>
  expect(refused(text)).toEqual([{ field, message: 'is given more than once' }]),
);

test.each([
  ['{"__proto__":{"status":"confirmed"}}', '__proto__'],
  ['{"\\u005f_proto__":1}', '__proto__'],
  ['{"a":[{"constructor":{"prototype":{}}}]}', 'a.0.constructor'],
  ['{"a":{"prototype":1}}', 'a.prototype'],
])('a prototype name is named: %s', (text, field) =>
  expect(refused(text)).toEqual([{ field, message: 'is not allowed' }]),
);

test.each([
  ['{"lines":', 'must be JSON'],
  ['', 'must be JSON'],
  ['NaN', 'must be JSON'],
  ["{'a':1}", 'must be JSON'],
  ['{"a":1,}', 'must be JSON'],
  ['{"a":1}//', 'must be JSON'],
  ['\ufeff{}', 'must be JSON'],
  [Buffer.from([0x22, 0xff, 0x22]), 'must be UTF-8'],
  [Buffer.from('{"a":1}', 'utf16le'), 'must be JSON'],
])('%j is no body: %s', (text, message) => expect(refused(text)).toEqual([{ field: 'body', message }]));

test.each([
  [nested(deepestJson + 1), '0.0.0.0.0.0.0.0'],
  [nested(30_000), '0.0.0.0.0.0.0.0'],
  [`{"a":${nested(deepestJson)}}`, 'a.0.0.0.0.0.0.0'],
])('what is nested too deeply is named', (text, field) =>
  expect(refused(text)).toEqual([{ field, message: `is nested in more than ${deepestJson} others` }]),
);

test('no name that a client invented is repeated', () => {
  const twice = '{"shipTo":{"canary@x":1,"canary@x":2}}';
  expect(refused(twice)).toEqual([{ field: 'shipTo', message: 'has a member that is given more than once' }]);
});
