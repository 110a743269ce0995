import type { AnyDefinition } from './definition.ts';
import type { Policy } from './instance.ts';

/**
 * No wait of these sagas is longer. A deadline further ahead than that was written by a clock that was ahead itself: it is
 * due now, or a saga would sleep for as long as that clock was wrong.
 */
export function longestWaitMs(definitions: readonly AnyDefinition[], policy: Policy): number {
  const { stepDeadlineMs, retryMaxMs, retryParkedMs } = policy;
  const ofSteps = definitions.flatMap(({ stages }) =>
    stages.map((stage) => (stage.kind === 'pivot' ? 0 : (stage.deadlineMs ?? 0))),
  );
  return Math.max(stepDeadlineMs, retryMaxMs, retryParkedMs, ...ofSteps);
}
