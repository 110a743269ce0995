import { setTimeout as sleep } from 'node:timers/promises';

import { type Databases, openDatabases } from '../databases.ts';
import { newestMap } from '../newest-map.ts';
import { connectKafka } from '../read-topics.ts';
import type { SystemUrls } from '../system.ts';
import type { Evidence, Finding, Invariant, LedgerEntry, Violation } from './evidence.ts';
import { invariants } from './invariants.ts';
import { placeProbe } from './probe.ts';
import { cutoffs, type ParkedSaga, parkedSagas, settledEvidence, waitUntilSettled } from './settle.ts';

export interface AuditOptions {
  /** How long the orders that were accepted before may take to end. */
  quietWithinMs?: number;
  /** Order ids that clients were answered 2xx for. */
  acknowledged?: string[];
  onNote?: (note: string) => void;
}

export interface AuditReport {
  ok: boolean;
  invariants: ({ id: string; title: string; ok: boolean } & Finding)[];
  parked: ParkedSaga[];
}

/**
 * Checks every invariant over every database, Kafka and the provider's books, while the system runs. It judges the
 * orders accepted before it began, once they have ended; load may go on. A violation is what is wrong at every look:
 * between two databases, what one says a moment earlier than the other is not.
 */
export async function audit(system: SystemUrls, options: AuditOptions = {}): Promise<AuditReport> {
  const { quietWithinMs = 60_000, acknowledged = [], onNote = () => undefined } = options;
  const databases = await openDatabases(system.postgres);
  try {
    onNote('placing a probe order');
    const probe = await placeProbe(system);
    const since = await cutoffs(databases);
    onNote('waiting for the orders accepted so far to end');
    const unsettled = await waitUntilSettled(databases, since, quietWithinMs);
    const evidence: Evidence = {
      databases,
      map: await newestMap(databases.placement),
      kafka: connectKafka(system.kafka),
      ...(await settledEvidence(databases, since)),
      unsettled,
      acknowledged,
      ledger: () => providersLedger(system.simulators),
      logs: system.logs,
      probe,
    };
    onNote(`checking ${evidence.settled.length + unsettled.length} orders`);
    return await report(evidence, databases);
  } finally {
    await databases.close();
  }
}

async function report(evidence: Evidence, databases: Databases): Promise<AuditReport> {
  const checked: AuditReport['invariants'] = [];
  for (const invariant of invariants) {
    const { checked: count, violations } = await lastingFinding(invariant, evidence);
    const { id, title } = invariant;
    // The probe is an order, so there is always something to check: nothing checked means that the check is broken.
    checked.push({ id, title, ok: violations.length === 0 && count > 0, checked: count, violations });
  }
  return { ok: checked.every(({ ok }) => ok), invariants: checked, parked: await parkedSagas(databases) };
}

/** Looks again while anything is wrong, a few times, and keeps what was wrong each time. */
export async function lastingFinding(invariant: Invariant, evidence: Evidence, pauseMs = 1000): Promise<Finding> {
  let finding = await invariant.check(evidence);
  for (let look = 1; look < 5 && finding.violations.length > 0; look += 1) {
    await sleep(pauseMs);
    const next = await invariant.check({ ...evidence, settled: await evidence.stillSettled() });
    finding = { checked: next.checked, violations: inBoth(finding.violations, next.violations) };
  }
  return finding;
}

function inBoth(before: Violation[], now: Violation[]): Violation[] {
  const subjects = new Set(before.map(({ subject }) => subject));
  return now.filter(({ subject }) => subjects.has(subject));
}

async function providersLedger(simulators: string): Promise<LedgerEntry[]> {
  const answer = await fetch(new URL('/payments/ledger', simulators), { signal: AbortSignal.timeout(30_000) });
  if (!answer.ok) throw new Error(`the payment provider answered ${answer.status}`);
  return ((await answer.json()) as { payments: LedgerEntry[] }).payments;
}
