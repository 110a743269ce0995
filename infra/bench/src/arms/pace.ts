import { setTimeout as pause } from 'node:timers/promises';
import type { Outcome, Work } from './arm.ts';

/** Places one order and waits for its end. @returns what it ended as, unless that is as it should be */
export type Place = (number: number) => Promise<string | undefined>;

/** Places `work.orders` in a closed loop, or in an open one with `perSecond`. */
export async function pace(work: Work, place: Place, signal?: AbortSignal): Promise<Outcome> {
  const outcome: Outcome = { completed: 0, latenciesMs: [], others: {} };
  const one = async (number: number, due: number) => {
    const other = await place(number);
    if (other === undefined) {
      outcome.completed++;
      outcome.latenciesMs.push(performance.now() - due);
    } else {
      outcome.others[other] = (outcome.others[other] ?? 0) + 1;
    }
  };
  await (work.perSecond === undefined ? closed(work, one, signal) : open(work, work.perSecond, one, signal));
  return outcome;
}

type One = (number: number, due: number) => Promise<void>;

async function closed({ orders, inFlight }: Work, one: One, signal: AbortSignal | undefined): Promise<void> {
  let next = 0;
  const customer = async () => {
    while (next < orders) {
      signal?.throwIfAborted();
      await one(next++, performance.now());
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, orders) }, customer));
}

/** Each order has its moment, and its latency counts from there: a late generator does not hide what a customer waits. */
async function open({ orders }: Work, perSecond: number, one: One, signal: AbortSignal | undefined): Promise<void> {
  const began = performance.now();
  const dueOf = (number: number) => began + (number * 1_000) / perSecond;
  const underWay: Promise<void>[] = [];
  const failures: unknown[] = [];
  while (underWay.length < orders && failures.length === 0) {
    signal?.throwIfAborted();
    for (let next = underWay.length; next < orders && dueOf(next) <= performance.now(); next++) {
      underWay.push(one(next, dueOf(next)).catch((error) => void failures.push(error)));
    }
    await pause(1);
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}
