import { threadsCpuUsOf } from '../cpu.ts';
import { atMost, type Goal } from '../goal.ts';
import { percentileOf } from '../statistics.ts';
import { tokensOf } from '../tokens.ts';
import { MixedLoad } from './mixed-load.ts';
import { type Arms, onArms } from './own-arms.ts';

/**
 * A round is many short turns of some 50 ms, in turn with the other arm's: what disturbs the machine for longer disturbs both.
 * It is summed before it is compared, since one turn collects garbage for several: most collect none, and the median of
 * turns would leave out what an arm's garbage costs it.
 */
const rounds = 21;
const turnsPerRound = 20;
const requestsPerTurn = 400;
const requestsPerRound = turnsPerRound * requestsPerTurn;
/** Until the compiler has seen enough: the last thousands of a warm-up cost what the rounds cost. */
const warmUpRequests = 24_000;

export interface GatewayArm {
  name: string;
  requests: number;
  requestsPerSecond: number;
  /** The process's own, user and system: median of the rounds. */
  cpuUsPerRequest: number;
  /** The middle half of the rounds lies between these. */
  quartiles: [number, number];
}

export interface GatewayResult {
  arms: GatewayArm[];
  /** Gateway against proxy in each round: the middle half lies between these. */
  ratioQuartiles: [number, number];
  goals: Goal[];
}

/** What one arm did in a round. */
export interface Round {
  /** A request. */
  cpuUs: number;
  perSecond: number;
}

const thereAndBack = { there: ['proxy', 'gateway'], back: ['gateway', 'proxy'] } as const;
type Both<T> = Record<(typeof thereAndBack.there)[number], T>;

/**
 * CPU of a request in the real gateway and in a bare Fastify + undici proxy with the same token check, in turn, in one run,
 * before the same canned upstream. Redis counts the rate limits; it and the upstream are not counted.
 */
export function gatewayBench(note: (text: string) => void, profileDir?: string): Promise<GatewayResult> {
  note('starting the gateway, the bare proxy, and what stands behind them');
  return onArms(600_000, profileDir, async (arms) => conclude(await measure(arms, note)));
}

async function measure({ gateway, proxy, simulatorsUrl, signal }: Arms, note: (text: string) => void) {
  const tokens = await tokensOf(simulatorsUrl, MixedLoad.customers);
  const loads = { proxy: new MixedLoad(proxy.url, tokens), gateway: new MixedLoad(gateway.url, tokens) };
  try {
    note(`warming up: ${warmUpRequests} requests each`);
    for (const load of Object.values(loads)) await load.send(warmUpRequests, signal);
    const measured: Both<Round[]> = { proxy: [], gateway: [] };
    for (let round = 1; round <= rounds; round++) {
      const taken = await takeRound({ proxy: proxy.pid, gateway: gateway.pid }, loads, signal);
      for (const name of thereAndBack.there) measured[name].push(taken[name]);
      if (round % 7 === 0) note(`round ${round} of ${rounds}`);
    }
    return measured;
  } finally {
    await Promise.all(Object.values(loads).map((load) => load.close()));
  }
}

/** What an arm does while the other one has its turn is its own too: its collector and its compiler have threads. */
async function takeRound(pids: Both<number>, loads: Both<MixedLoad>, signal: AbortSignal): Promise<Both<Round>> {
  const cpuUs = () => ({ proxy: threadsCpuUsOf(pids.proxy), gateway: threadsCpuUsOf(pids.gateway) });
  const before = cpuUs();
  const seconds = { proxy: 0, gateway: 0 };
  for (let turn = 1; turn <= turnsPerRound; turn++) {
    // So that none always comes after the other.
    for (const name of turn % 2 ? thereAndBack.there : thereAndBack.back) {
      const began = performance.now();
      await loads[name].send(requestsPerTurn, signal);
      seconds[name] += (performance.now() - began) / 1_000;
    }
  }
  const after = cpuUs();
  const roundOf = (name: keyof Both<Round>) => ({
    cpuUs: (after[name] - before[name]) / requestsPerRound,
    perSecond: requestsPerRound / seconds[name],
  });
  return { proxy: roundOf('proxy'), gateway: roundOf('gateway') };
}

export function conclude({ proxy, gateway }: Both<Round[]>): GatewayResult {
  const ratios = gateway.map(({ cpuUs }, round) => cpuUs / proxy[round]!.cpuUs);
  return {
    arms: [armOf('bare Fastify + undici proxy', proxy), armOf('gateway', gateway)],
    ratioQuartiles: quartilesOf(ratios, 2),
    goals: [atMost('gateway-cpu', 'CPU a request, against the bare proxy', 1.25, percentileOf(ratios, 0.5))],
  };
}

const armOf = (name: string, measured: Round[]): GatewayArm => ({
  name,
  requests: measured.length * requestsPerRound,
  requestsPerSecond: Math.round(
    percentileOf(
      measured.map(({ perSecond }) => perSecond),
      0.5,
    ),
  ),
  cpuUsPerRequest: Math.round(
    percentileOf(
      measured.map(({ cpuUs }) => cpuUs),
      0.5,
    ),
  ),
  quartiles: quartilesOf(
    measured.map(({ cpuUs }) => cpuUs),
    0,
  ),
});

const quartilesOf = (numbers: number[], digits: number): [number, number] => [
  Number(percentileOf(numbers, 0.25).toFixed(digits)),
  Number(percentileOf(numbers, 0.75).toFixed(digits)),
];

/** For a person. */
export function gatewayText({ arms, ratioQuartiles, goals }: GatewayResult): string {
  const lines = arms.map(
    ({ name, requestsPerSecond, cpuUsPerRequest, quartiles }) =>
      `${name}: ${cpuUsPerRequest} µs of CPU a request (${quartiles.join('–')}), ${requestsPerSecond} requests/s`,
  );
  const results = goals.map(({ goal, measured, met }) => `${met ? '✓' : '✗'} ${goal.padEnd(50)} ${measured}`);
  return [
    '',
    ...lines,
    `gateway against proxy, middle half of the rounds: ${ratioQuartiles.join('–')}`,
    '',
    ...results,
  ].join('\n');
}
