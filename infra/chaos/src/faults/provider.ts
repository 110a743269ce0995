import type { Strike } from './fault.ts';

/** The provider may be down by another fault; its switch is asked for so long. */
const patienceMs = 20_000;

/**
 * The payment provider itself goes wrong: it answers 500 or 429, hangs, drops connections, answers twice; each kind for so
 * many of its next calls. Its simulator counts what it did.
 */
export const provider: Strike = async ({ simulatorsUrl, pause }, { parameters }) => {
  const turn = (faults: object) => insist(() => setFaults(simulatorsUrl, faults), pause);
  const before = await turn(parameters);
  const counts = async () => {
    const now = await insist(() => readFaults(simulatorsUrl), pause);
    // A simulator that was restarted has begun to count again.
    const since = (name: string) =>
      (now[name] ?? 0) - ((now[name] ?? 0) < (before[name] ?? 0) ? 0 : (before[name] ?? 0));
    return Object.fromEntries(Object.keys(parameters).map((name) => [name, since(name)]));
  };
  return {
    heal: async () => void (await turn({})),
    felt: async () => Object.values(await counts()).reduce((sum, count) => sum + count, 0),
    counts,
  };
};

type Fired = Record<string, number>;

const setFaults = (url: string, faults: object) =>
  ask(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(faults) });
const readFaults = (url: string) => ask(url, {});

async function ask(url: string, init: RequestInit): Promise<Fired> {
  const answer = await fetch(`${url}/faults`, { ...init, signal: AbortSignal.timeout(2_000) });
  if (!answer.ok) throw new Error(`the fault switch answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { fired: Fired }).fired;
}

async function insist<T>(action: () => Promise<T>, pause: (ms: number) => Promise<void>): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await pause(250);
    }
  }
}
