import type { AuditReport } from '@ringshop/operator';
import type { FaultKind } from './deck.ts';

/** Everything that was found out about a run. */
export interface Findings {
  orders: number;
  confirmed: number;
  /** The kinds of fault that were to happen. */
  kinds: readonly FaultKind[];
  faults: Record<FaultKind, { done: number; felt: number }>;
  failpoints: Record<string, number>;
  /** What the payment provider did wrong, and how often. */
  provider: Record<string, number>;
  /** Order kinds and payment tokens, and how many orders had each. */
  mix: Record<string, number>;
  cancelsAccepted: number;
  /** Faults that could not be done or undone. */
  errors: string[];
  /** Parts that died by themselves. */
  deaths: string[];
  /** Answers that the contract does not allow, and how often. */
  wrongAnswers: Record<string, number>;
  /** Acknowledged orders that were not terminal in time. */
  unended: string[];
  /** Orders that ended as they must not. */
  wrongEnds: string[];
  /** Parked sagas that no token was meant to park. */
  parked: string[];
  deadLetters: string[];
  /** Undefined when it could not be made: `errors` tells why. */
  audit: Pick<AuditReport, 'ok' | 'invariants'> | undefined;
}

/** Why a run is not green: one line a reason, none when it is. */
export function reasonsAgainst(findings: Findings): string[] {
  const { orders, confirmed, faults, failpoints, provider, mix, cancelsAccepted, audit } = findings;
  const never = findings.kinds.filter((kind) => faults[kind].felt === 0);
  const neverStruck = Object.entries(failpoints).filter(([, struck]) => struck === 0);
  const neverWentWrong = Object.entries(provider).filter(([, fired]) => fired === 0);
  const missing = Object.entries(mix).filter(([, count]) => count === 0);
  return [
    ...findings.errors.map((error) => `not as planned: ${error}`),
    ...(orders === 0 ? ['no order was acknowledged'] : []),
    ...(confirmed === 0 ? ['no order was confirmed'] : []),
    ...(cancelsAccepted === 0 ? ['no cancel was accepted'] : []),
    ...missing.map(([what]) => `no order was acknowledged of the kind ${what}`),
    ...never.map((kind) => `the fault ${kind} never fired (done ${faults[kind].done} ×)`),
    ...neverStruck.map(([name]) => `the failpoint ${name} never struck`),
    ...neverWentWrong.map(([name]) => `the provider's fault ${name} never fired`),
    ...findings.deaths.map((death) => `died by itself: ${death}`),
    ...Object.entries(findings.wrongAnswers).map(([what, times]) => `${what} (${times} ×)`),
    ...listed('not ended within 60 s of the last healing', findings.unended),
    ...listed('ended as it must not', findings.wrongEnds),
    ...listed('parked, and nobody meant to', findings.parked),
    ...listed('dead letter', findings.deadLetters),
    ...(audit?.invariants ?? [])
      .filter(({ ok }) => !ok)
      .map(({ id, title, violations }) => {
        const [first] = violations;
        const seen = first
          ? `${violations.length} violations, as ${first.subject} ${first.problem}`
          : 'nothing was checked';
        return `${id} (${title}) does not hold: ${seen}`;
      }),
    ...(audit ? [] : ['there is no audit']),
  ];
}

const shown = 5;

function listed(what: string, items: string[]): string[] {
  const lines = items.slice(0, shown).map((item) => `${what}: ${item}`);
  return items.length > shown ? [...lines, `${what}: and ${items.length - shown} more`] : lines;
}
