import { until } from '@ringshop/servers';
import { afterAll, beforeAll, expect } from 'vitest';

/**
 * A setup file of Vitest: a spec file that leaves something behind that keeps a process alive (a consumer's socket, a timer, a
 * child, a listening server) fails. Timers and sockets that are unref'd, such as those of idle keep-alive connections, do not count.
 */
const watched = ['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'ProcessWrap', 'Timeout', 'FSEventWrap'];

let before: Record<string, number>;

beforeAll(() => {
  before = alive();
});

// Registered first, so it runs last: after the spec's own afterAll.
afterAll(async () => {
  const clean = () => Object.keys(leaks()).length === 0;
  // Closing takes a moment; what is still there after two seconds was forgotten.
  await until(clean, { within: 2_000, what: 'leak check' }).catch(() => undefined);
  expect(leaks(), 'left behind by this spec file').toEqual({});
});

function alive(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (watched.includes(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function leaks(): Record<string, number> {
  const more = Object.entries(alive()).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, surplus]) => surplus > 0));
}
