import { hash } from 'node:crypto';
import { slotCount } from './slot.ts';

/**
 * Where does a slot live? Slots and members are points on a circle; a slot likes best whom it meets first, clockwise.
 * Each member stands on the circle many times (virtual nodes), and its points depend on its own name alone.
 * Source: Karger et al., "Consistent Hashing and Random Trees", STOC 1997; the cap of `firstMap` is
 * Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads", SODA 2018.
 *
 * A map is a pure function of the map before and the change, so the same history gives the same map anywhere,
 * and a slot never moves between two members that stay. (A cap applied afresh at each change would move some.)
 */
export interface PlacementMap {
  /** Counts the changes of the members, from 1. */
  epoch: number;
  members: string[];
  /** Index: slot. Value: the member that owns it. */
  slots: string[];
}

/** A point on the circle, 0 … 2^32 - 1. Injected, so that a test can be checked by eye. */
export type PointHash = (text: string) => number;

/** The first four bytes of SHA-256, big-endian. */
export const sha256Point: PointHash = (text) => Number.parseInt(hash('sha256', text, 'hex').slice(0, 8), 16);

const virtualNodes = 128;
const circle = 2 ** 32;
const overload = 1.02;

/** Each slot goes to the first member clockwise that is not full; full is 2 % above the mean. */
export function firstMap(members: string[], point: PointHash = sha256Point): PlacementMap {
  if (members.length === 0) throw new Error('a placement map needs a member');
  if (new Set(members).size < members.length) throw new Error('a member is named twice');
  const ring = ringOf(members, point);
  const cap = Math.ceil((overload * slotCount) / members.length);
  const loads = new Map(members.map((member) => [member, 0]));
  const slots = allSlots.map((slot) => {
    const owner = firstClockwise(ring, point(`slot ${slot}`), (member) => loads.get(member)! < cap);
    loads.set(owner, loads.get(owner)! + 1);
    return owner;
  });
  return { epoch: 1, members: members.toSorted(), slots };
}

/** The joiner takes its fair share, a slot at a time: of whoever is fullest now, the slot nearest to itself. */
export function join(map: PlacementMap, joiner: string, point: PointHash = sha256Point): PlacementMap {
  if (map.members.includes(joiner)) throw new Error(`${joiner} is a member already`);
  const own = ringOf([joiner], point);
  const nearestFirst = allSlots
    .map((slot) => ({ slot, steps: stepsTo(own, point(`slot ${slot}`)) }))
    .sort((a, b) => a.steps - b.steps || a.slot - b.slot);
  const offers = Map.groupBy(nearestFirst, ({ slot }) => map.slots[slot]!);
  const loads = loadsOf(map);
  const slots = [...map.slots];
  for (let share = Math.floor(slotCount / (map.members.length + 1)); share > 0; share -= 1) {
    const fullest = map.members.reduce((a, b) => (loads.get(b)! > loads.get(a)! ? b : a));
    slots[offers.get(fullest)!.shift()!.slot] = joiner;
    loads.set(fullest, loads.get(fullest)! - 1);
  }
  return { epoch: map.epoch + 1, members: [...map.members, joiner].sort(), slots };
}

/** Each of the leaver's slots goes to one of those who are emptiest then: the first of them clockwise. */
export function leave(map: PlacementMap, leaver: string, point: PointHash = sha256Point): PlacementMap {
  if (!map.members.includes(leaver)) throw new Error(`${leaver} is no member`);
  if (map.members.length === 1) throw new Error(`${leaver} is the last member`);
  const members = map.members.filter((member) => member !== leaver);
  const ring = ringOf(members, point);
  const loads = loadsOf({ ...map, members });
  const slots = map.slots.map((owner, slot) => {
    if (owner !== leaver) return owner;
    const least = Math.min(...loads.values());
    const heir = firstClockwise(ring, point(`slot ${slot}`), (member) => loads.get(member) === least);
    loads.set(heir, least + 1);
    return heir;
  });
  return { epoch: map.epoch + 1, members, slots };
}

/** How many slots each member owns. */
export function loadsOf({ members, slots }: PlacementMap): Map<string, number> {
  const loads = new Map(members.map((member) => [member, 0]));
  for (const owner of slots) if (loads.has(owner)) loads.set(owner, loads.get(owner)! + 1);
  return loads;
}

const allSlots = Array.from({ length: slotCount }, (_, slot) => slot);

interface VirtualNode {
  at: number;
  member: string;
}

function ringOf(members: string[], point: PointHash): VirtualNode[] {
  return members
    .flatMap((member) => Array.from({ length: virtualNodes }, (_, n) => ({ at: point(`${member} ${n}`), member })))
    .sort((a, b) => a.at - b.at || (a.member < b.member ? -1 : 1)); // on one point the name decides, never the order given
}

/** Walks the circle once; there is always somebody who accepts, as the callers count the slots. */
function firstClockwise(ring: VirtualNode[], from: number, accepts: (member: string) => boolean): string {
  for (let walked = 0, index = nextAfter(ring, from); walked < ring.length; walked += 1, index += 1) {
    const { member } = ring[index % ring.length]!;
    if (accepts(member)) return member;
  }
  throw new Error('no member accepts the slot');
}

const stepsTo = (ring: VirtualNode[], from: number): number =>
  (ring[nextAfter(ring, from)]!.at - from + circle) % circle;

/** Index of the first node at `from` or clockwise of it; past the last node comes the first. */
function nextAfter(ring: VirtualNode[], from: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ring[middle]!.at < from) low = middle + 1;
    else high = middle;
  }
  return low % ring.length;
}
