import { writeSync } from 'node:fs';

interface Armed {
  action: string;
  strike: () => void;
  hitsLeft: number;
}

const shape = /^([a-z0-9.-]+)=(kill|stop|block:(\d{1,5}))@([1-9]\d{0,8})$/;

let armed = parse(process.env.RINGSHOP_FAILPOINTS ?? '');

/**
 * A named place where a test can make this process die or freeze: `RINGSHOP_FAILPOINTS="outbox.committed=kill@3"` ends it
 * with SIGKILL at the third pass, `stop` freezes it until SIGCONT, and `block:1500` keeps its event loop busy for so many
 * milliseconds. A line on standard error proves that the fault fired. Unconfigured it costs one test.
 */
export function failpoint(name: string): void {
  if (armed === undefined) return;
  const point = armed.get(name);
  if (point === undefined || --point.hitsLeft !== 0) return;
  writeSync(2, `failpoint ${name}: ${point.action}\n`);
  point.strike();
}

/** Replaces what the environment said; for tests in one process. @throws on a malformed specification */
export function armFailpoints(specification: string): void {
  armed = parse(specification);
}

function parse(specification: string): Map<string, Armed> | undefined {
  if (specification === '') return undefined;
  const points = new Map<string, Armed>();
  for (const entry of specification.split(',')) {
    const [, name, action, blockMs, hits] = shape.exec(entry.trim()) ?? [];
    if (name === undefined || action === undefined)
      throw new Error('RINGSHOP_FAILPOINTS must be name=kill@N, =stop@N or =block:<ms>@N, separated by commas');
    points.set(name, { action, strike: strikeOf(action, Number(blockMs)), hitsLeft: Number(hits) });
  }
  return points;
}

function strikeOf(action: string, blockMs: number): () => void {
  if (action === 'kill') return () => process.kill(process.pid, 'SIGKILL');
  if (action === 'stop') return () => process.kill(process.pid, 'SIGSTOP');
  // Only this thread sleeps: sockets go on receiving, as behind a long computation.
  return () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
}
