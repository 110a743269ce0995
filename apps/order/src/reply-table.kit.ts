import {
  advance,
  type Definition,
  type Input,
  type Instance,
  newInstance,
  type Policy,
  type State,
} from '@ringshop/saga';
import { describe, expect, it } from 'vitest';

/** Mode of the saga → what comes → "what is sent | where the saga stands then | what the order is told". */
export type ReplyTable = Record<string, Record<string, string>>;

export const policy: Policy = {
  stepDeadlineMs: 10_000,
  retryMinMs: 100,
  retryMaxMs: 5_000,
  parkAfterMs: 60_000,
  retryParkedMs: 15_000,
  random: () => 0,
};

/** What can come but replies. */
const unprompted: Record<string, Input> = {
  silence: { kind: 'silence' },
  'call-off': { kind: 'call-off', reason: 'customer' },
};

interface Mode {
  state: State;
  step: string;
}

interface TableInit<Data> {
  table: ReplyTable;
  data: Data;
  /** Data with which any reply's handler can do something. */
  anyReply: Record<string, unknown>;
  now: number;
}

/**
 * Tests every mode that a saga can be in × every reply of every command of it × silence × a customer who cancels.
 * A cell that is not written down changes nothing.
 */
export function itFollows<Data, Reason extends string, Outcome extends string>(
  saga: Definition<Data, Reason, Outcome>,
  { table, data, anyReply, now }: TableInit<Data>,
): void {
  const steps = saga.stages.filter((stage) => stage.kind !== 'pivot');
  const modes = modesOf(saga);
  const inputs = [...saga.ownerOf.keys(), ...Object.keys(unprompted)];
  const instanceAt = (mode: Mode): Instance<Data> => {
    const done = ['completed', 'compensated', 'undone'].includes(mode.state);
    return { ...newInstance(saga, 'order', data, now), ...mode, done, deadline: done ? null : now, attempts: 1 };
  };

  function cell(mode: Mode, input: string): string {
    const before = instanceAt(mode);
    const what = unprompted[input] ?? { kind: 'reply', name: input, data: anyReply };
    const { instance, send, transitions } = advance(saga, before, what, now, policy);
    if (instance === before) return 'nothing';
    const told = transitions.map(({ outcome }) => outcome);
    return `${words(send.map(({ name }) => name))} | ${instance.state} ${instance.step} | ${words(told)}`;
  }

  describe.each(modes)('$state $step', (mode) => {
    const row = table[`${mode.state} ${mode.step}`];

    it('has a row with a cell for silence and for each reply that it waits for', () => {
      const { state, step } = mode;
      const stage = steps.find(({ name }) => name === step)!;
      const command = (state === 'acting' ? stage.action : stage.compensation)?.command;
      const awaited = instanceAt(mode).done ? [] : ['silence', ...Object.keys(command!.replies)];
      expect(Object.keys(row ?? {})).toEqual(expect.arrayContaining(awaited));
      expect(row).toBeDefined();
    });

    it.each(inputs)('%s', (input) => {
      expect(cell(mode, input)).toBe(row?.[input] ?? 'nothing');
    });
  });

  it('the table has no row or column that the saga does not have', () => {
    expect(Object.keys(table).sort()).toEqual(modes.map(({ state, step }) => `${state} ${step}`).sort());
    for (const row of Object.values(table)) {
      for (const input of Object.keys(row)) expect(inputs).toContain(input);
    }
  });
}

function modesOf<Data, Reason extends string, Outcome extends string>(saga: Definition<Data, Reason, Outcome>): Mode[] {
  const steps = saga.stages.filter((stage) => stage.kind !== 'pivot');
  const undoable = steps.filter((step) => step.kind === 'compensatable');
  const at = (state: State, step: { name: string }) => ({ state, step: step.name });
  return [
    ...steps.map((step) => at('acting', step)),
    ...(['compensating', 'undoing'] as const).flatMap((state) => undoable.map((step) => at(state, step))),
    at('completed', steps.at(-1)!),
    ...(undoable.length > 0 ? (['compensated', 'undone'] as const).map((state) => at(state, steps[0]!)) : []),
  ];
}

const words = (names: string[]) => names.join(' ') || '-';
