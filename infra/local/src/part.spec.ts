import type { Child, Exit } from '@ringshop/servers';
import { beforeEach, expect, it, vi } from 'vitest';
import type { SystemEvent } from './options.ts';
import { Part } from './part.ts';

/** Processes that were started, oldest first, each with what it was started with. */
let children: { env: Record<string, string>; end: (exit: Exit) => void }[];
/** Why the next starts fail. */
let refusals: string[];
let told: string[];
let ending: AbortController;
let part: Part;

beforeEach(async () => {
  children = [];
  refusals = [];
  told = [];
  ending = new AbortController();
  const tell = (event: SystemEvent) =>
    told.push(event.kind === 'part' ? `${event.state} ${'detail' in event ? event.detail : ''}`.trim() : event.text);
  const spec = { name: 'order-1', kind: 'order' as const, url: 'http://order-1' };
  const probes = { probe: async () => true, lastWords: async () => 'the consumer died' };
  part = new Part({ ...spec, ...probes, start: (env) => start(env) }, tell, ending.signal);
  await part.start({ FLAVOUR: 'salt' });
});

async function start(env: Record<string, string>): Promise<Child> {
  const refusal = refusals.shift();
  if (refusal) throw new Error(refusal);
  const exited = Promise.withResolvers<Exit>();
  let ended: Exit | undefined;
  const end = (exit: Exit) => {
    ended = exit;
    exited.resolve(exit);
  };
  children.push({ env, end });
  const stop = async () => {
    end({ code: 0, signal: null });
    return exited.promise;
  };
  const kill = () => end({ code: null, signal: 'SIGKILL' });
  return {
    name: 'order-1',
    pid: children.length,
    exited: exited.promise,
    exit: () => ended,
    signal: () => undefined,
    kill,
    stop,
  };
}

const dead: Exit = { code: 70, signal: null };
const started = (count: number) => vi.waitFor(() => expect(children).toHaveLength(count));

it('starts a part again that ended itself because it was dead, with what it was started with, and tells so', async () => {
  children[0]!.end(dead);
  await started(2);
  expect(children[1]!.env).toEqual({ FLAVOUR: 'salt' });
  await vi.waitFor(() => expect(told).toEqual(['ready', 'restarting exit code 70: the consumer died', 'ready']));
  expect(await part.status()).toMatchObject({ state: 'ready', restarts: 1, pid: 2 });
});

it('goes on trying while the part cannot start, since what it needs may be away too', async () => {
  refusals = ['kafka is away', 'kafka is still away'];
  children[0]!.end(dead);
  await started(2);
  expect(told.slice(2)).toEqual(['restarting kafka is away', 'restarting kafka is still away', 'ready']);
});

it.each([
  ['was killed', { code: null, signal: 'SIGKILL' } as const, 'died SIGKILL'],
  ['crashed', { code: 1, signal: null }, 'died exit code 1: the consumer died'],
])('leaves a part that %s down, where it is seen', async (_how, exit, event) => {
  children[0]!.end(exit);
  await vi.waitFor(() => expect(told).toEqual(['ready', event]));
  expect(await part.status()).toMatchObject({ state: 'down', restarts: 0, pid: null });
  expect(children).toHaveLength(1);
});

it('does not start a part again that was told to stop', async () => {
  refusals = ['kafka is away'];
  children[0]!.end(dead);
  await vi.waitFor(() => expect(told).toContain('restarting kafka is away'));
  expect(await part.stop()).toBe(false);
  await part.start();
  await part.stop();
  children[1]!.end(dead);
  expect(children).toHaveLength(2);
  expect(await part.status()).toMatchObject({ state: 'down' });
});

it('starts nothing once the system is ending', async () => {
  ending.abort();
  children[0]!.end(dead);
  await vi.waitFor(() => expect(told).toHaveLength(2));
  expect(children).toHaveLength(1);
});
