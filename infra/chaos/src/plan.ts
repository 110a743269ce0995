import { type Card, deck, type FaultKind, faultKinds, longOutages, type Parameters } from './deck.ts';
import { Random } from './random.ts';

/** One fault of a run. */
export interface PlannedFault {
  /** From the start of the load. Its target may be busy with an earlier fault then; it waits for that. */
  atMs: number;
  fault: FaultKind;
  /** A part (`order-1.2`), or the connections to `postgres`, `redis`, `kafka` or the payment `provider`. */
  target: string;
  /** How long it is left broken. */
  lastsMs: number;
  parameters: Parameters;
}

export interface PlanOptions {
  seed: number;
  minutes: number;
  /** Names of the parts by kind. */
  parts: Record<string, string[]>;
  /** Draws only from these kinds. */
  only?: readonly FaultKind[];
}

/** Orders are under way before the first fault. */
const calmMs = 4_000;
/** Faults that go on side by side; more would leave nothing to see. */
export const lanes = 2;
/** What a fault takes beyond its own length: mostly a process that starts again; at a failpoint twice, and the wait for it to strike. */
const healingMs = ({ fault }: PlannedFault) => (fault === 'failpoint' ? 8_000 : 2_500);

/**
 * What will be broken when: the same for the same seed. Every card of the deck is dealt once before any comes again, so
 * that also a short run sees every kind; two lanes make faults overlap.
 */
export function planOf({ seed, minutes, parts, only = faultKinds }: PlanOptions): PlannedFault[] {
  const random = new Random(seed);
  const endMs = minutes * 60_000;
  const free = Array.from({ length: lanes }, () => calmMs);
  const deal = (cards: readonly Card[], gapMs: number): PlannedFault[] =>
    random.shuffled(cards.filter(({ fault }) => only.includes(fault))).map((card) => {
      const lane = free.indexOf(Math.min(...free));
      const planned = drawn(card, free[lane]! + random.whole(0, gapMs), random, parts);
      free[lane] = planned.atMs + planned.lastsMs + healingMs(planned);
      return planned;
    });
  const plan = squeezed(deal(deck, 1_000), endMs);
  // What follows leaves the system some air: a fault is to meet work, not only the damage of the one before.
  while (Math.min(...free) < endMs) plan.push(...deal([...deck, ...random.shuffled(longOutages).slice(0, 2)], 10_000));
  return plan.filter(({ atMs }) => atMs < endMs).sort((a, b) => a.atMs - b.atMs);
}

function drawn(card: Card, atMs: number, random: Random, parts: Record<string, string[]>): PlannedFault {
  const kind = random.pick(card.targets);
  return {
    atMs,
    fault: card.fault,
    target: random.pick(parts[kind] ?? [kind]),
    lastsMs: random.whole(...card.lasts),
    parameters: card.parameters?.(random) ?? {},
  };
}

/** A first deal that is longer than the run happens faster: no kind may be missing. */
function squeezed(plan: PlannedFault[], endMs: number): PlannedFault[] {
  const lastMs = Math.max(...plan.map(({ atMs }) => atMs));
  const room = endMs - 1_000 - calmMs;
  if (lastMs < endMs) return plan;
  return plan.map((fault) => ({
    ...fault,
    atMs: Math.round(calmMs + ((fault.atMs - calmMs) * room) / (lastMs - calmMs)),
  }));
}
