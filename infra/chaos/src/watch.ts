import { type FaultKind, failpointName, faultKinds, type Parameters } from './deck.ts';
import type { Bought } from './load/order-book.ts';
import type { PlannedFault } from './plan.ts';

/** A fault that is over. Times are of `performance.now()`. */
export interface Healed {
  planned: PlannedFault;
  struckAt: number;
  healedAt: number;
  /** How often it was felt; 0 is a fault that never fired. */
  felt: number;
  /** By failpoint, or by what the provider did. */
  counts: Record<string, number>;
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

/** How often each part of a kind of fault was felt, by its name. What was planned and never felt has 0. */
export function partCounts(kind: FaultKind, plan: PlannedFault[], healed: Healed[]): Record<string, number> {
  const names = plan.filter(({ fault }) => fault === kind).flatMap(({ parameters }) => namesIn(kind, parameters));
  const counts = Object.fromEntries(names.sort().map((name) => [name, 0]));
  for (const { planned, counts: felt } of healed) {
    if (planned.fault !== kind) continue;
    for (const [name, count] of Object.entries(felt)) counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

const namesIn = (kind: FaultKind, parameters: Parameters) =>
  kind === 'failpoint' ? [failpointName(parameters)] : Object.keys(parameters);

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
