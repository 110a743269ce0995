import { failpointName } from '../deck.ts';
import { type Strike, textIn } from './fault.ts';

/** Armed it waits for so long until the work comes by; then it is given up, and counts as never fired. */
const patienceMs = 12_000;

/**
 * The part starts again with a failpoint armed, and dies, freezes or blocks by itself in the middle of its work. The line
 * that the failpoint writes as it strikes is the proof.
 */
export const failpoint: Strike = async ({ parts, pause }, { target, parameters }) => {
  const [name, action, hits] = ['name', 'action', 'hits'].map((key) => textIn(parameters, key)) as [
    string,
    string,
    string,
  ];
  const log = await parts.logFrom(target);
  const struck = async () => (await log()).includes(`failpoint ${name}: ${action}`);
  await parts.restartArmed(target, { RINGSHOP_FAILPOINTS: `${name}=${action}@${hits}` }, struck);
  for (let waitedMs = 0; waitedMs < patienceMs && !(await struck()); waitedMs += 100) await pause(100);
  // What is frozen for longer than a lock lives, and than Kafka waits, meets a world that went on without it.
  if (action === 'stop' && (await struck())) await pause(7_000);
  const count = async () => ((await struck()) ? 1 : 0);
  return {
    heal: async () => {
      if (action === 'stop') await parts.signal(target, 'SIGCONT');
      await parts.disarm(target);
    },
    felt: count,
    counts: async () => ({ [failpointName(parameters)]: await count() }),
  };
};
