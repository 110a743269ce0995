import type { Ask, Stage } from './stage.ts';

export class InvalidDefinition extends Error {
  override name = 'InvalidDefinition';
}

/**
 * What the types cannot say, or cannot say to plain JavaScript: a saga that could get stuck is refused when it
 * loads, not when the first order gets stuck in it.
 */
export function checkDefinition<Data>(
  { name: saga, silence, ends }: { name: string; silence?: string; ends: { compensated?: unknown } },
  stages: Stage<Data, string, string>[],
): void {
  const fail = (why: string): never => {
    throw new InvalidDefinition(`saga ${saga}: ${why}`);
  };
  // Without a pivot it cannot be undone from its first step on: a process that follows somebody's decision.
  const pivot = stages.findIndex(({ kind }) => kind === 'pivot');
  const undoable = stages.some(({ kind }) => kind === 'compensatable');
  if (undoable && pivot < 0) fail('has steps to undo and no pivot');
  if (undoable && (!silence || !ends.compensated))
    fail('does not say what silence, or the end of an undone saga, is called');
  const replies = new Set<string>();
  const own = (ask: Ask<Data>) => {
    for (const reply of Object.keys(ask.command.replies)) {
      if (replies.has(reply)) fail(`two commands are answered by "${reply}", so it does not tell which one it means`);
      replies.add(reply);
    }
  };
  stages.forEach((stage, index) => {
    const { name, kind } = stage;
    if (stages.findIndex((other) => other.name === name) !== index) fail(`two steps are called "${name}"`);
    if (kind === 'pivot') {
      if (index !== pivot) fail('has two pivots');
      return;
    }
    if (kind === 'compensatable' && index > pivot) fail(`"${name}" stands after the pivot and must be retriable`);
    if (kind === 'retriable' && index < pivot) fail(`"${name}" stands before the pivot and must be compensatable`);
    if (kind === 'compensatable' && !stage.compensation) fail(`"${name}" has no compensation`);
    own(stage.action);
    for (const reply of Object.keys(stage.action.command.replies)) {
      if (typeof stage.on[reply] !== 'function') fail(`"${name}" has no handler for "${reply}"`);
    }
    if (!stage.compensation) return;
    own(stage.compensation);
    if (Object.keys(stage.compensation.command.replies).length !== 1) {
      fail(`the compensation of "${name}" must have exactly one reply: it cannot be refused`);
    }
  });
}
