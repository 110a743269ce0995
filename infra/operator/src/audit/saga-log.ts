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
    'giving up': 'answered',
    late: 'answered',
    ended: 'over',
  },
  waiting: { reply: 'answered', silence: 'answered', 'asked again': 'waiting', late: 'waiting' },
  over: { late: 'over' },
};

const endOf: Record<string, string> = { confirmed: 'completed', rejected: 'compensated', cancelled: 'undone' };

/** The first thing that is wrong with the log of a finished saga; undefined when it is a path of the machine. */
export function problemOfLog(log: SagaLog, status: string): string | undefined {
  let state = 'answered';
  for (const [, what, detail] of log) {
    const next = machine[state]?.[what];
    if (!next) return `its saga's log has "${what} ${detail ?? ''}" while ${state}`;
    state = next;
  }
  if (state !== 'over') return `its saga is done, but the log ends while ${state}`;
  const count = (what: string) => log.filter((entry) => entry[1] === what).length;
  const ended = log.find(([, what]) => what === 'ended')![2]?.split(':', 1)[0];
  if (ended !== endOf[status]) return `is ${status}, but its saga ended as ${ended}`;
  const passed = count('passed');
  const expected = status === 'rejected' ? 0 : 1;
  return passed === expected ? undefined : `is ${status}, but its saga passed the pivot ${passed} times`;
}
