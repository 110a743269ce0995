import type { Readable } from 'node:stream';
import { counter, Problem } from '@ringshop/service-defaults';
import type { Answer, Tries, UpstreamRequest } from '../upstream/exchange.ts';
import type { ReplicaSet } from '../upstream/replica-set.ts';
import type { Placement } from './placement.ts';

const misdirected = counter(
  'gateway_misdirected_total',
  'Requests that a shard refused because it does not own the slot',
);
const attempts = 3;

/**
 * Sends a request to the shard that owns its slot, wherever the slot is now. A shard's 421 never reaches a client: the
 * map is learned anew and the request repeated; when nobody owns the slot, as in the middle of a move, it is a 503.
 * A slot's requests go to its owner only, also when that one is down. However often it is asked, there is one deadline for
 * all of it, and one repetition.
 */
export class Shards {
  readonly #placement: Placement;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  send(slot: number, request: UpstreamRequest): Promise<Answer> {
    return this.#route(
      slot,
      (shard, tries) => shard.send(request, tries),
      (answer) => answer.body,
    );
  }

  stream(slot: number, request: UpstreamRequest): Promise<Answer<Readable>> {
    return this.#route(slot, (shard, tries) => shard.stream(request, tries), textOf);
  }

  async #route<B>(
    slot: number,
    ask: (shard: ReplicaSet, tries: Tries) => Promise<Answer<B>>,
    text: (answer: Answer<B>) => string | Promise<string>,
  ): Promise<Answer<B>> {
    const tries: Tries = {};
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const epoch = this.#placement.epoch;
      const shard = this.#placement.shardOf(slot);
      const answer = await ask(shard, tries);
      if (answer.status !== 421 && answer.status !== 401) return answer;
      const said = await text(answer);
      if (answer.status === 401) throw notBelieved();
      misdirected.inc();
      const known = epochOf(said);
      // Learned meanwhile by another request, or known to be no newer than ours: then asking again tells nothing.
      if (this.#placement.epoch === epoch && known > epoch) await this.#placement.refresh(shard);
      if (this.#placement.epoch === epoch) break;
    }
    throw new Problem('shard-unavailable');
  }
}

/** The caller is verified: the shard has another key, or one of the two clocks is wrong. Their token is as good as before. */
const notBelieved = () =>
  new Problem('shard-unavailable', {
    cause: new Error('a shard does not believe this gateway: keys or clocks differ'),
  });

async function textOf({ body }: Answer<Readable>): Promise<string> {
  return (await body.toArray()).join('');
}

function epochOf(problem: string): number {
  try {
    return Number((JSON.parse(problem) as { epoch?: unknown }).epoch) || 0;
  } catch (cause) {
    throw new Problem('internal-error', { cause });
  }
}
