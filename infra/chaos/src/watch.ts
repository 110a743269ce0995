import { type FaultKind, faultKinds } from './deck.ts';
import type { Bought } from './load/order-book.ts';
import type { PlannedFault } from './plan.ts';

/** A fault that is over. Times are of `performance.now()`. */
export interface Healed {
  planned: PlannedFault;
  struckAt: number;
  healedAt: number;
  /** How often it was felt; 0 is a fault that never fired. */
  felt: number;
}

/** Milliseconds after the healing of a fault, while others go on. Undefined: there was no such order. */
export interface Recovery {
  planned: PlannedFault;
  /** Until the first order placed since was seen confirmed. */
  toFirstConfirmedMs: number | undefined;
  /** Until every order and cancel promised before had ended. */
  toAllEndedMs: number;
}

/** How often each kind of fault was done and felt. */
export function faultCounts(healed: Healed[]): Record<FaultKind, { done: number; felt: number }> {
  const of = (kind: FaultKind) => healed.filter(({ planned }) => planned.fault === kind);
  const count = (kind: FaultKind) => ({ done: of(kind).length, felt: of(kind).filter(({ felt }) => felt > 0).length });
  return Object.fromEntries(faultKinds.map((kind) => [kind, count(kind)])) as ReturnType<typeof faultCounts>;
}

/** How often each failpoint struck, by name and action (`lock.acquired: stop`). Those that were planned and never struck have 0. */
export function failpointCounts(plan: PlannedFault[], healed: Healed[]): Record<string, number> {
  const nameOf = ({ parameters }: PlannedFault) =>
    `${parameters.name}: ${String(parameters.action).replace(/:.*/, '')}`;
  const planned = plan.filter(({ fault }) => fault === 'failpoint');
  const counts = Object.fromEntries(planned.map((fault) => [nameOf(fault), 0]).sort());
  for (const { planned: fault, felt } of healed)
    if (fault.fault === 'failpoint') counts[nameOf(fault)] = (counts[nameOf(fault)] ?? 0) + felt;
  return counts;
}

export function recoveries(healed: Healed[], orders: Iterable<Bought>): Recovery[] {
  const all = [...orders];
  const confirmed = all
    .filter(({ status, endedAt }) => status === 'confirmed' && endedAt !== undefined)
    .sort((a, b) => a.endedAt! - b.endedAt!);
  return healed.map(({ planned, healedAt }) => {
    const first = confirmed.find(({ askedAt }) => askedAt >= healedAt);
    const before = all.filter(({ promisedAt }) => promisedAt < healedAt);
    const last = before.reduce(
      (latest, { endedAt }) => Math.max(latest, endedAt ?? Number.POSITIVE_INFINITY),
      healedAt,
    );
    return {
      planned,
      toFirstConfirmedMs: first && first.endedAt! - healedAt,
      toAllEndedMs: last - healedAt,
    };
  });
}
