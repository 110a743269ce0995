import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cloudEventOf, commands, contentType, events, readMessage, replyNames, UnreadableMessage } from './index.ts';

const folder = new URL('./golden/', import.meta.url);
const golden = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`${name}.v1.json`, folder), 'utf8'));
const names = [...commands.map((c) => c.name), ...replyNames, ...events.map((e) => e.name)];

describe('golden messages', () => {
  it('exist for every command, reply and event, and for nothing else', () => {
    expect(readdirSync(folder).sort()).toEqual(names.map((name) => `${name}.v1.json`).sort());
  });

  it.each(names)('%s: what was written by old code is read by new code, unchanged', (name) => {
    const written = golden(name);
    expect(readMessage(JSON.stringify(written))).toEqual({ name, event: written });
  });

  it.each(names)('%s: what newer code adds is ignored by this code', (name) => {
    const written = golden(name);
    const newer = {
      ...written,
      addedextension: 'x',
      data: { ...(written.data as object), addedLater: { deep: true } },
    };
    expect(readMessage(JSON.stringify(newer))).toEqual({ name, event: written });
  });

  it.each(names)('%s: new code writes what old code wrote', (name) => {
    const old = golden(name) as {
      source: string;
      subject: string;
      data: unknown;
      replyto?: string;
      expiresat?: string;
    };
    const { id: _id, time: _time, ...fresh } = cloudEventOf({ name, ...pick(old) });
    const { id: _oldId, time: _oldTime, ...before } = golden(name);
    expect(fresh).toEqual(before);
  });
});

describe('reading a record', () => {
  const valid = () => golden('reserve-stock');

  it.each([
    ['nothing', null, 'empty record'],
    ['no JSON', '{"specversion"', 'not JSON'],
    ['JSON that is no object', '42', 'not a CloudEvent: (root)'],
    ['an envelope without an id', JSON.stringify({ ...valid(), id: undefined }), 'not a CloudEvent: id'],
    [
      'an unknown type',
      JSON.stringify({ ...valid(), type: 'ringshop.make-coffee.v1' }),
      'unknown type ringshop.make-coffee.v1',
    ],
    ['a future major version', JSON.stringify({ ...valid(), type: 'ringshop.reserve-stock.v2' }), 'unknown type'],
    ['data of the wrong shape', JSON.stringify({ ...valid(), data: { lines: [] } }), 'data of reserve-stock: lines'],
    [
      'a fraction of a unit',
      JSON.stringify({ ...valid(), data: { lines: [{ sku: 'A', quantity: 1.5 }] } }),
      'lines.0.quantity',
    ],
  ])('refuses %s and says why', (_what, value, cause) => {
    expect(() => readMessage(value)).toThrow(UnreadableMessage);
    expect(() => readMessage(value)).toThrow(cause);
  });

  it('never repeats the payload in the cause', () => {
    const planted = JSON.stringify({
      ...golden('authorise-payment'),
      data: { amount: 'planted-secret', token: 'planted-secret' },
    });
    expect(() => readMessage(planted)).toThrow(/^(?!.*planted-secret).*amount/);
  });
});

it('every reply name belongs to one command, so that a reply needs no correlation id', () => {
  expect(new Set(replyNames).size).toBe(replyNames.length);
});

it('events are structured, so that a record carries one header', () => {
  expect(contentType).toBe('application/cloudevents+json');
});

function pick({
  source,
  subject,
  data,
  replyto,
  expiresat,
}: {
  source: string;
  subject: string;
  data: unknown;
  replyto?: string;
  expiresat?: string;
}) {
  return { source, subject, data, replyto, expiresat };
}
