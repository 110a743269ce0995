import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

let guarded = false;

/**
 * kafkajs 2.2.4 arms a timer for its pending requests after each answer, also when none is pending: with a negative
 * delay, so that it fires at once, finds nothing and arms itself again. About 900 times a second, 3 % of a core for each
 * idle connection. The guard: no pending request, no timer. `push` arms it for a request that has to wait.
 *
 * It replaces one method of one known version, and refuses any other one rather than to be silently without effect.
 */
export function stopIdleTimers(): void {
  if (guarded) return;
  const load = createRequire(import.meta.url);
  const { version } = load('kafkajs/package.json') as { version: string };
  if (version !== '2.2.4') throw new Error(`the idle timer guard is for kafkajs 2.2.4, not ${version}`);
  const { prototype } = load('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
  guarded = true;
}
