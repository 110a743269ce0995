/** `[ms since the saga began, what, detail, times]`, as the table `sagas` holds it. */
export type SagaLog = [at: number, what: string, detail?: string, times?: number][];

/**
 * What may follow what. `waiting`: a command is out; `answered`: it is not; `over`: only late replies may come.
 * A reply that asks for another try is counted, not written again, so `reply` may follow `reply`.
 */
const machine: Record<string, Record<string, string>> = {
  answered: {
    sent: 'waiting',
    reply: 'answered',
    silence: 'answered',
    'asked again': 'waiting',
    passed: 'answered',
    'called off': 'answered',
    resumed: 'waiting',
    'giving up': 'answered',
    late: 'answered',
    ended: 'over',
  },
  waiting: {
    reply: 'answered',
    silence: 'answered',
    'asked again': 'waiting',
    resumed: 'waiting',
    'called off': 'answered',
    late: 'waiting',
  },
  over: { late: 'over' },
};

/** How the saga that placed an order may have ended, by the order's status. */
const endsOf: Record<string, string[]> = {
  confirmed: ['completed'],
  rejected: ['compensated'],
  // Called off in time; or its stock was lost; or it went through and another saga took everything back.
  cancelled: ['compensated', 'undone', 'completed'],
};

/** An order's sagas by their names, each with its log. */
export type SagaLogs = ReadonlyMap<string, SagaLog>;

/** The first thing that is wrong with the sagas of a finished order; undefined when all went a path of the machine. */
export function problemOfSagas(logs: SagaLogs, status: string): string | undefined {
  const placing = logs.get('place-order');
  if (!placing) return 'has no saga';
  for (const [name, log] of logs) {
    const problem = problemOfLog(log);
    if (problem) return `its ${name} ${problem}`;
  }
  const ended = endOf(placing);
  if (!endsOf[status]?.includes(ended)) return `is ${status}, but its saga ended as ${ended}`;
  if (status === 'cancelled' && ended === 'completed' && !logs.has('cancel-order')) {
    return 'is cancelled, but no saga cancelled it';
  }
  const passed = placing.filter(([, what]) => what === 'passed').length;
  const expected = ended === 'compensated' ? 0 : 1;
  return passed === expected ? undefined : `is ${status}, but its saga passed the pivot ${passed} times`;
}

/** The first thing that is wrong with the log of a finished saga. */
export function problemOfLog(log: SagaLog): string | undefined {
  let state = 'answered';
  for (const [, what, detail] of log) {
    const next = machine[state]?.[what];
    if (!next) return `has "${what} ${detail ?? ''}" in its log while ${state}`;
    state = next;
  }
  return state === 'over' ? undefined : `is done, but its log ends while ${state}`;
}

const endOf = (log: SagaLog) => log.find(([, what]) => what === 'ended')![2]!.split(':', 1)[0]!;
