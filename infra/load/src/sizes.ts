import { defaultDir, readStatus } from '@ringshop/local';
import { type Databases, openDatabases, type SystemUrls } from '@ringshop/operator';
import type { Sizes } from './growth.ts';

const gauges = {
  heap: 'nodejs_heap_used_bytes',
  rss: 'process_resident_memory_bytes',
  handles: 'nodejs_active_resources',
} as const;
const megabyte = 1 << 20;

/** Looks at what every part and every database holds. */
export class SizeWatch {
  readonly looks: Sizes[] = [];
  readonly #startedAt = performance.now();

  private constructor(
    private readonly metricsUrls: Record<string, string>,
    private readonly databases: Databases,
  ) {}

  static async open(system: SystemUrls): Promise<SizeWatch> {
    const { parts } = await readStatus(defaultDir);
    const apps = parts.filter(({ kind }) => ['gateway', 'order', 'inventory', 'payment'].includes(kind));
    const urls = apps.map(({ name, kind, url }) => [name, kind === 'gateway' ? system.operator : url] as const);
    // Of containers the one whose metrics this machine can reach: the others' are for who scrapes them.
    const reached = urls.length > 0 ? urls : [['gateway-1', system.operator] as const];
    return new SizeWatch(Object.fromEntries(reached), await openDatabases(system.postgres));
  }

  async look(): Promise<void> {
    const figures: Sizes['figures'] = { heap: {}, rss: {}, handles: {}, rows: {} };
    for (const [name, url] of Object.entries(this.metricsUrls)) {
      const text = await (await fetch(new URL('/metrics', url), { signal: AbortSignal.timeout(10_000) })).text();
      figures.heap![name] = gaugeIn(text, gauges.heap) / megabyte;
      figures.rss![name] = gaugeIn(text, gauges.rss) / megabyte;
      figures.handles![name] = gaugeIn(text, gauges.handles);
    }
    figures.rows = await this.#rows();
    this.looks.push({ atS: (performance.now() - this.#startedAt) / 1000, figures });
  }

  /** Whether keys went because of their age since then: otherwise that there are more of them is as it should be. */
  async keysArePurged(since: Date): Promise<boolean> {
    const oldest = await Promise.all(
      this.databases.shards.map(({ database }) =>
        database.rows<{ at: Date | null }>('SELECT min(created_at) AS at FROM idempotency_keys'),
      ),
    );
    return oldest.every(([row]) => !row?.at || row.at > since);
  }

  close(): Promise<void> {
    return this.databases.close();
  }

  async #rows(): Promise<Record<string, number>> {
    const { shards, inventory, payment } = this.databases;
    const counted = [
      ...shards.flatMap(({ name, database }) => [
        ...['outbox', 'inbox', 'idempotency_keys'].map((table) => [name, database, table] as const),
        [name, database, 'sagas WHERE NOT done'] as const,
      ]),
      ...['outbox', 'inbox'].map((table) => ['inventory', inventory, table] as const),
      ...['outbox', 'unresolved_commands'].map((table) => ['payment', payment, table] as const),
    ];
    const counts = counted.map(async ([name, database, from]) => {
      const [row] = await database.rows<{ count: number }>(`SELECT count(*)::int FROM ${from}`);
      return [`${name} ${from}`, row!.count] as const;
    });
    return Object.fromEntries(await Promise.all(counts));
  }
}

const gaugeIn = (text: string, name: string) =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
