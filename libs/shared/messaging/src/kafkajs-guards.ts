import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

interface ConsumerGroup {
  /** When the broker heard of this member last. */
  lastRequest: number;
  heartbeat(options: { interval: number }): Promise<void>;
}

let guarded = false;

/**
 * Replaces two methods of one known version of kafkajs, and refuses any other one rather than to be silently without effect.
 */
export function guardKafkajs(): void {
  if (guarded) return;
  const load = createRequire(import.meta.url);
  const { version } = load('kafkajs/package.json') as { version: string };
  if (version !== '2.2.4') throw new Error(`the guards are for kafkajs 2.2.4, not ${version}`);
  stopIdleTimers(load('kafkajs/src/network/requestQueue'));
  beatWhateverTheClock(load('kafkajs/src/consumer/consumerGroup'));
  guarded = true;
}

/**
 * kafkajs arms a timer for its pending requests after each answer, also when none is pending: with a negative delay, so that it
 * fires at once, finds nothing and arms itself again. About 900 times a second, 3 % of a core for each idle connection. The
 * guard: no pending request, no timer. `push` arms it for a request that has to wait.
 */
function stopIdleTimers({ prototype }: { prototype: RequestQueue }): void {
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/**
 * kafkajs beats when enough time has passed since the last request, by the wall clock. When that was ahead and is put right, it is
 * silent until the time comes round again: the group loses this member after each session time-out, and takes it back. The
 * guard: a request of the future was long ago.
 */
function beatWhateverTheClock({ prototype }: { prototype: ConsumerGroup }): void {
  const heartbeat = prototype.heartbeat;
  prototype.heartbeat = function (this: ConsumerGroup, options: { interval: number }) {
    if (this.lastRequest > Date.now()) this.lastRequest = 0;
    return heartbeat.call(this, options);
  };
}
