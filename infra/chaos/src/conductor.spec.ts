import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { Conductor, pauseUntilAborted } from './conductor.ts';
import { faultKinds } from './deck.ts';
import type { Stage, Strike } from './faults/fault.ts';
import type { PlannedFault } from './plan.ts';
import { Timeline } from './timeline.ts';

/** Time is what the plan says: a wait is over at once. */
const stage = { pause: () => turn() } as unknown as Stage;
const silent = new PassThrough().resume();

let log: string[];
let underWay: number;
let most: number;
let feltAfter: number;

const strike: Strike = async (_, { target, fault }) => {
  log.push(`${fault} ${target}`);
  if (fault === 'flush') throw new Error('no Redis');
  underWay++;
  most = Math.max(most, underWay);
  let looks = 0;
  return {
    heal: async () => {
      await turn();
      underWay--;
      log.push(`healed ${target}`);
    },
    felt: () => (looks++ < feltAfter ? 0 : 1),
  };
};

const conductor = (signal = new AbortController().signal) => {
  const how = Object.fromEntries(faultKinds.map((kind) => [kind, strike])) as Record<PlannedFault['fault'], Strike>;
  return new Conductor(stage, new Timeline(silent), signal, how);
};
const planned = (target: string, fault: PlannedFault['fault'] = 'kill'): PlannedFault => ({
  atMs: 0,
  fault,
  target,
  lastsMs: 0,
  parameters: {},
});

beforeEach(() => {
  log = [];
  underWay = 0;
  most = 0;
  feltAfter = 0;
});

it('breaks a target again only when it is whole', async () => {
  await conductor().play([planned('order-1'), planned('order-1', 'pause')]);
  expect(log).toEqual(['kill order-1', 'healed order-1', 'pause order-1', 'healed order-1']);
});

it('lets faults overlap, but not without a bound', async () => {
  await conductor().play(['a', 'b', 'c', 'd', 'e', 'f'].map((target) => planned(target)));
  expect(most).toBe(3);
  expect(underWay).toBe(0);
});

it('goes on with a fault until somebody has felt it', async () => {
  feltAfter = 5;
  const played = conductor();
  await played.play([planned('provider', 'duplicate')]);
  expect(played.healed.map(({ felt }) => felt)).toEqual([1]);
});

it('gives up a fault that nobody feels, and says so', async () => {
  feltAfter = Number.POSITIVE_INFINITY;
  const played = conductor();
  await played.play([planned('provider', 'duplicate')]);
  expect(played.healed.map(({ felt }) => felt)).toEqual([0]);
  expect(log.at(-1)).toBe('healed provider');
});

it('notes what could not be done, and goes on', async () => {
  const played = conductor();
  await played.play([planned('redis', 'flush'), planned('redis')]);
  expect(played.errors).toEqual(['flush redis: no Redis']);
  expect(played.healed).toHaveLength(1);
});

it('begins nothing more once the run is given up', async () => {
  await conductor(AbortSignal.abort()).play([planned('order-1')]);
  expect(log).toEqual([]);
});

it('a wait of a run that is given up is over at once, and starves nobody', async () => {
  const pause = pauseUntilAborted(AbortSignal.abort());
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, 5);
  // With a wait that only resolves, this loop would never let the timer fire.
  while (!isOver) await pause(60_000);
});
