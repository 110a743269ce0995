import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearLeftovers, freePort, isAlive, startKafka, startPostgres } from '@ringshop/servers';

export interface ServerAddresses {
  postgres: { url: string; pid: number };
  kafka: { brokers: string[]; pid: number };
}

/** The servers of one test run, each started when it is first asked for. Redis is missing: it is cheap, so each spec has its own. */
export class SharedServers {
  readonly #dir = testFolder('servers');
  readonly #started = new Map<string, Promise<{ stop(): Promise<unknown> }>>();

  readonly #starters = {
    postgres: async () => startPostgres(await this.#place()),
    kafka: async () => startKafka({ ...(await this.#place()), jit: 'c1' }),
  };

  async address<K extends keyof ServerAddresses>(kind: K): Promise<ServerAddresses[K]> {
    const starter = this.#starters[kind];
    if (!starter) throw new Error(`no shared server of kind ${kind}`);
    let started = this.#started.get(kind);
    if (!started) {
      started = starter();
      this.#started.set(kind, started);
    }
    return (await started) as unknown as ServerAddresses[K];
  }

  /** Ends what was started, also what is only just starting, and removes its data. */
  async stop(): Promise<void> {
    const servers = await Promise.allSettled(this.#started.values());
    await Promise.all(servers.map((server) => server.status === 'fulfilled' && server.value.stop()));
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #place() {
    await clearAbandoned();
    return { dir: this.#dir, port: await freePort(), ledger: join(this.#dir, 'processes') };
  }
}

const prefix = 'ringshop-test-';

/** A folder that tells whose it is. */
export function testFolder(purpose: string): string {
  return join(tmpdir(), `${prefix}${process.pid}-${purpose}-${Math.random().toString(36).slice(2, 8)}`);
}

/** A test run that was killed leaves servers and folders behind; the next one removes them. */
async function clearAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix) || isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    await clearLeftovers(join(tmpdir(), name, 'processes'));
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}
