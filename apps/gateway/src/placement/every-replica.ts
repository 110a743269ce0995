import { request } from 'undici';

export interface ReplicaAnswer {
  shard: string;
  url: string;
  /** What it said; absent where it gave no good answer. */
  said?: unknown;
  error?: string;
}

const withinMs = 5_000;

/** Asks every replica of every shard the same thing. For operators: it is not balanced, and no breaker counts it. */
export class EveryReplica {
  readonly #shards: ReadonlyMap<string, string[]>;

  constructor(shards: ReadonlyMap<string, string[]>) {
    this.#shards = shards;
  }

  ask(path: string, headers: Record<string, string>): Promise<ReplicaAnswer[]> {
    const replicas = [...this.#shards].flatMap(([shard, urls]) => urls.map((url) => ({ shard, url })));
    return Promise.all(
      replicas.map(async (replica) => {
        try {
          const { statusCode, body } = await request(replica.url + path, {
            headers,
            signal: AbortSignal.timeout(withinMs),
          });
          if (statusCode === 200) return { ...replica, said: await body.json() };
          await body.dump();
          return { ...replica, error: `answered ${statusCode}` };
        } catch (error) {
          const { code, name } = error as Error & { code?: unknown };
          return { ...replica, error: `did not answer: ${typeof code === 'string' ? code : name}` };
        }
      }),
    );
  }
}
