import { writeSync } from 'node:fs';

interface Armed {
  action: 'kill' | 'stop';
  hitsLeft: number;
}

const signals = { kill: 'SIGKILL', stop: 'SIGSTOP' } as const;
const shape = /^([a-z0-9.-]+)=(kill|stop)@([1-9]\d{0,8})$/;

let armed = parse(process.env.RINGSHOP_FAILPOINTS ?? '');

/**
 * A named place where a test can make this process die or freeze: `RINGSHOP_FAILPOINTS="outbox.committed=kill@3"` ends it
 * with SIGKILL at the third pass. A line on standard error proves that the fault fired. Unconfigured it costs one test.
 */
export function failpoint(name: string): void {
  if (armed === undefined) return;
  const point = armed.get(name);
  if (point === undefined || --point.hitsLeft !== 0) return;
  writeSync(2, `failpoint ${name}: ${point.action}\n`);
  process.kill(process.pid, signals[point.action]);
}

/** Replaces what the environment said; for tests in one process. @throws on a malformed specification */
export function armFailpoints(specification: string): void {
  armed = parse(specification);
}

function parse(specification: string): Map<string, Armed> | undefined {
  if (specification === '') return undefined;
  const points = new Map<string, Armed>();
  for (const entry of specification.split(',')) {
    const [, name, action, hits] = shape.exec(entry.trim()) ?? [];
    if (name === undefined)
      throw new Error('RINGSHOP_FAILPOINTS must be name=kill@N or name=stop@N, separated by commas');
    points.set(name, { action: action as Armed['action'], hitsLeft: Number(hits) });
  }
  return points;
}
