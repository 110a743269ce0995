import type { FaultKind } from './deck.ts';
import type { Inspected } from './inspect.ts';
import type { Bought, OrderBook } from './load/order-book.ts';
import { orderKinds, tokenNames } from './load/order-kinds.ts';
import type { Parts } from './parts.ts';
import type { PlannedFault } from './plan.ts';
import { type Entry, faultText } from './timeline.ts';
import { type Findings, reasonsAgainst } from './verdict.ts';
import { faultCounts, type Healed, partCounts, type Recovery, recoveries } from './watch.ts';

/** What a run was, and what it left. */
export interface RunResult {
  seed: number;
  minutes: number;
  replicas: number;
  ordersPerSecond: number;
  kinds: readonly FaultKind[];
  dir: string;
  plan: PlannedFault[];
  book: OrderBook;
  parts: Pick<Parts, 'unexpected' | 'resigned'>;
  healed: Healed[];
  errors: string[];
  inspected: Inspected;
  lastHealedAt: number;
  timeline: Entry[];
}

export interface Report {
  ok: boolean;
  reasons: string[];
  seed: number;
  minutes: number;
  replicas: number;
  orders: Record<string, number>;
  /** Why those that were not confirmed were not. */
  ends: Record<string, number>;
  calls: OrderBook['counts'];
  faults: Findings['faults'];
  failpoints: Findings['failpoints'];
  provider: Findings['provider'];
  /** Parts that ended themselves because a consumer was dead, and were started again. */
  resigned: string[];
  /** The orders that were the longest under way. */
  slowest: string[];
  longest: { toFirstConfirmed: Longest; toAllEnded: Longest; afterTheLastMs: number };
  audit: Findings['audit'];
  timeline: Entry[];
}

interface Longest {
  ms: number | undefined;
  after: string;
}

export function reportOf(result: RunResult): Report {
  const { book, healed, parts, seed, minutes, replicas, lastHealedAt } = result;
  const all = [...book.orders.values()];
  const findings = findingsOf(result, all);
  const reasons = reasonsAgainst(findings);
  const lastEnd = Math.max(...all.map(({ endedAt }) => endedAt ?? Number.POSITIVE_INFINITY), lastHealedAt);
  const times = recoveries(healed, all);
  return {
    ok: reasons.length === 0,
    reasons,
    seed,
    minutes,
    replicas,
    orders: ordersOf(all),
    ends: endsOf(all),
    calls: book.counts,
    faults: findings.faults,
    failpoints: findings.failpoints,
    provider: findings.provider,
    resigned: parts.resigned.map(({ name }) => name),
    slowest: slowest(all),
    longest: {
      toFirstConfirmed: longest(times, ({ toFirstConfirmedMs }) => toFirstConfirmedMs),
      toAllEnded: longest(times, ({ toAllEndedMs }) => toAllEndedMs),
      afterTheLastMs: Math.round(lastEnd - lastHealedAt),
    },
    audit: findings.audit,
    timeline: result.timeline,
  };
}

function findingsOf({ book, healed, plan, parts, inspected, kinds, errors }: RunResult, orders: Bought[]): Findings {
  return {
    ...inspected,
    kinds,
    orders: orders.length,
    confirmed: withStatus(orders, 'confirmed'),
    faults: faultCounts(healed),
    failpoints: partCounts('failpoint', plan, healed),
    provider: partCounts('provider', plan, healed),
    mix: mixOf(book),
    cancelsAccepted: book.counts.cancelsAccepted,
    errors: [...errors, ...inspected.blind],
    deaths: parts.unexpected.map(({ name, detail }) => `${name} (${detail})`),
    wrongAnswers: Object.fromEntries(book.violations),
  };
}

const withStatus = (orders: Bought[], status: string) => orders.filter((order) => order.status === status).length;

const ordersOf = (orders: Bought[]) => ({
  acknowledged: orders.length,
  confirmed: withStatus(orders, 'confirmed'),
  rejected: withStatus(orders, 'rejected'),
  cancelled: withStatus(orders, 'cancelled'),
});

function longest(times: Recovery[], of: (recovery: Recovery) => number | undefined): Longest {
  const worst = times.reduce<Recovery | undefined>((a, b) => (a && (of(a) ?? 0) >= (of(b) ?? 0) ? a : b), undefined);
  const ms = worst && of(worst);
  return { ms: ms === undefined ? undefined : Math.round(ms), after: worst ? faultText(worst.planned) : 'nothing' };
}

function endsOf(orders: Bought[]): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { status, reason } of orders)
    if (reason) ends[`${status}: ${reason}`] = (ends[`${status}: ${reason}`] ?? 0) + 1;
  return ends;
}

function slowest(orders: Bought[]): string[] {
  const took = ({ endedAt, promisedAt }: Bought) => (endedAt ?? Number.POSITIVE_INFINITY) - promisedAt;
  const worst = orders.toSorted((a, b) => took(b) - took(a)).slice(0, 3);
  return worst.map((order) => `${order.orderId} (${order.kind}, ${order.token}) ${(took(order) / 1_000).toFixed(1)} s`);
}

/** How many orders had each kind and each payment token. */
function mixOf({ orders }: OrderBook): Record<string, number> {
  const mix = Object.fromEntries([...orderKinds, ...tokenNames].map((name) => [name, 0]));
  for (const { kind, token } of orders.values()) {
    mix[kind] = mix[kind]! + 1;
    mix[token] = mix[token]! + 1;
  }
  return mix;
}
