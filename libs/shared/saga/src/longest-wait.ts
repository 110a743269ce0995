import type { AnyDefinition } from './definition.ts';
import type { Policy } from './instance.ts';

/**
 * No deadline of these sagas is further ahead than this; one that is was written by a clock that was ahead itself: it is
 * due now, or a saga would sleep for as long as that clock was wrong. Twice the longest wait, and not once: clocks of
 * replicas differ a little, and a batch may write what the sweep beside it, begun a moment earlier, reads.
 */
export function longestWaitMs(definitions: readonly AnyDefinition[], policy: Policy): number {
  const { stepDeadlineMs, retryMaxMs, retryParkedMs } = policy;
  const ofSteps = definitions.flatMap(({ stages }) =>
    stages.map((stage) => (stage.kind === 'pivot' ? 0 : (stage.deadlineMs ?? 0))),
  );
  return 2 * Math.max(stepDeadlineMs, retryMaxMs, retryParkedMs, ...ofSteps);
}
