import { type DataOf, orderEventsTopic, orderStatusChanged, readMessage } from '@ringshop/contracts';
import { readTopics } from '../read-topics.ts';
import type { Evidence, Invariant, SettledOrder, Violation } from './evidence.ts';
import { problemOfSagas, type SagaLog } from './saga-log.ts';

type Change = Pick<DataOf<typeof orderStatusChanged>, 'status' | 'version'>;

/** Kafka keeps events for seven days; of an older order they may be gone. */
const keptMs = 6 * 24 * 60 * 60 * 1000;

const moves: Record<string, string[]> = {
  pending: ['confirmed', 'rejected', 'cancelled'],
  confirmed: ['cancelling', 'cancelled'],
  cancelling: ['cancelled'],
};

/** Twice: as the world was told, by the order's events, and as the saga remembers it, by its log. */
export const historiesArePaths: Invariant = {
  id: 'I9',
  title: 'each order went a path of its state machine, told without gaps',
  async check(evidence) {
    const told = await changesTold(evidence);
    const ended = evidence.settled.filter(({ parked }) => !parked);
    const recent = ended.filter(({ orderId }) => Date.now() - placedAt(orderId) < keptMs);
    const violations = recent.flatMap((order) => wrongWith(order, told.get(order.orderId) ?? []));
    return { checked: ended.length, violations: [...violations, ...(await wrongLogs(evidence, ended))] };
  },
};

const placedAt = (orderId: string) => Number.parseInt(orderId.replace('-', '').slice(0, 12), 16);

async function changesTold({ kafka }: Evidence): Promise<Map<string, Change[]>> {
  const told = new Map<string, Change[]>();
  await readTopics(kafka, [orderEventsTopic], ({ value }) => {
    const change = changeIn(value);
    if (!change) return;
    const before = told.get(change.subject);
    if (before) before.push(change.data);
    else told.set(change.subject, [change.data]);
  });
  return told;
}

/** Undefined for what is no change of an order: anybody can write anything there, and `dead-letters -- list` shows it. */
function changeIn(value: Buffer | null): { subject: string; data: Change } | undefined {
  try {
    const { name, event } = readMessage(value);
    return name === orderStatusChanged.name ? { subject: event.subject, data: event.data as Change } : undefined;
  } catch {
    return undefined;
  }
}

function wrongWith({ orderId: subject, status, version }: SettledOrder, told: Change[]): Violation[] {
  // Delivered again is told again: only a second story under one version is wrong.
  const stories = new Map(told.map((change) => [change.version, change.status]));
  let at = 'pending';
  for (const { status: next, version: told_ } of told) {
    if (stories.get(told_) !== next) return [{ subject, problem: `version ${told_} was told in two ways` }];
  }
  for (let next = 2; next <= version; next += 1) {
    const to = stories.get(next);
    if (!to) return [{ subject, problem: `is at version ${version}, but version ${next} was never told` }];
    if (!moves[at]?.includes(to)) return [{ subject, problem: `went from ${at} to ${to}` }];
    at = to;
  }
  return at === status ? [] : [{ subject, problem: `is ${status}, but was told to be ${at}` }];
}

async function wrongLogs({ databases }: Evidence, ended: SettledOrder[]): Promise<Violation[]> {
  const perShard = databases.shards.map(({ database }) =>
    database.rows<{ id: string; name: string; log: SagaLog }>('SELECT saga_id AS id, name, log FROM sagas WHERE done'),
  );
  const sagas = Map.groupBy((await Promise.all(perShard)).flat(), ({ id }) => id);
  return ended.flatMap(({ orderId: subject, status }) => {
    const logs = new Map((sagas.get(subject) ?? []).map(({ name, log }) => [name, log]));
    const problem = problemOfSagas(logs, status);
    return problem ? [{ subject, problem }] : [];
  });
}
