import { expect, it } from 'vitest';
import { type Replica, type Rotation, retire, rotate } from './rotation.ts';

class Killed extends Error {}

/** A file of keys, and replicas that read it one after the other while they write rows and seal old ones anew. */
class World {
  file = ['k1'];
  readonly replicas = ['order-1', 'order-1.2', 'order-2'].map((name) => ({ name, ring: ['k1'] }));
  readonly rows: Record<string, number> = { k1: 5 };
  readonly notes: string[] = [];
  stepsLeft = Number.POSITIVE_INFINITY;
  away = '';
  #time = 0;

  readonly rotation: Rotation = {
    keys: {
      kids: async () => this.#step(() => [...this.file]),
      add: async () => this.#step(() => this.file.push(`k${this.file.length + 1}`)),
      putFirst: async (kid) => this.#step(() => this.#write([kid, ...this.file.filter((each) => each !== kid)])),
      remove: async (kid) => this.#step(() => this.#write(this.file.filter((each) => each !== kid))),
    },
    ask: async () => this.#step(() => this.#reports()),
    note: (text) => this.notes.push(text),
    withinMs: 60_000,
    everyMs: 0,
  };

  #write(file: string[]): void {
    this.file = file;
  }

  #step<T>(work: () => T): T {
    if (this.stepsLeft-- <= 0) throw new Killed();
    this.#pass();
    return work();
  }

  /** One replica reads the file, each writes a row under the key it seals with, and one row is sealed anew. */
  #pass(): void {
    const learner = this.replicas[(this.#time++ >> 2) % this.replicas.length]!;
    if (learner.name !== this.away) learner.ring = [...this.file];
    for (const { ring } of this.replicas) {
      const [seals] = ring as [string];
      if (this.#time < 30) this.rows[seals] = (this.rows[seals] ?? 0) + 1;
      for (const other of this.replicas)
        expect(other.ring, 'every replica opens what any of them seals').toContain(seals);
    }
    const [first] = learner.ring as [string];
    const stale = Object.keys(this.rows).find(
      (kid) => kid !== first && this.rows[kid]! > 0 && learner.ring.includes(kid),
    );
    if (!stale) return;
    const moved = Math.min(10, this.rows[stale]!);
    this.rows[stale]! -= moved;
    this.rows[first] = (this.rows[first] ?? 0) + moved;
  }

  #reports(): Replica[] {
    return this.replicas.map(({ name, ring }) => {
      const at = { shard: name.replace(/\.\d$/, ''), url: `http://${name}` };
      if (name === this.away) return { ...at, error: 'did not answer' };
      return {
        ...at,
        said: { replica: name, seals: ring[0]!, opens: ring, dataKeys: { ...this.rows }, addresses: {} },
      };
    });
  }

  under(kid: string): number {
    return this.rows[kid] ?? 0;
  }
}

it('a rotation that is killed at any point is finished by the next run, with one new key', async () => {
  for (let steps = 0; steps < 40; steps++) {
    const world = new World();
    world.stepsLeft = steps;
    const killed = await rotate(world.rotation).then(
      () => false,
      (error: unknown) => error instanceof Killed || Promise.reject(error),
    );
    world.stepsLeft = Number.POSITIVE_INFINITY;
    if (killed) await rotate(world.rotation);
    expect(world.file, `after ${steps} steps`).toEqual(['k2', 'k1']);
    expect([world.under('k1'), world.under('k2') > 0], `after ${steps} steps`).toEqual([0, true]);
    await retire(world.rotation, 'k1');
    expect(world.replicas.map(({ ring }) => ring)).toEqual([['k2'], ['k2'], ['k2']]);
  }
});

it('a replica that does not learn the new key keeps it from sealing anywhere, and is named', async () => {
  const world = new World();
  world.away = 'order-1.2';
  await expect(rotate({ ...world.rotation, withinMs: 0 })).rejects.toThrow(
    /^order-1 at http:\/\/order-1.2 did not answer/,
  );
  expect(world.file).toEqual(['k1', 'k2']);
  world.away = '';
  await rotate(world.rotation);
  expect(world.file).toEqual(['k2', 'k1']);
});

it('a key is not retired while it seals, while something is under it, or while a replica cannot be asked', async () => {
  const world = new World();
  await expect(retire(world.rotation, 'k1')).rejects.toThrow('k1 is the key that seals');
  await rotate(world.rotation);
  world.away = 'order-2';
  await expect(retire(world.rotation, 'k1')).rejects.toThrow('whether it needs k1 is not known');
  world.away = '';
  world.rows.k1 = 1_000;
  await expect(retire(world.rotation, 'k1')).rejects.toThrow(/rows are still under k1/);
  expect(world.file).toEqual(['k2', 'k1']);
});

it('a key that nobody has heard of is not said to be gone', async () => {
  const world = new World();
  await retire(world.rotation, 'k9');
  expect(world.notes).toEqual(['there is no key k9, in the file or at a replica']);
});
