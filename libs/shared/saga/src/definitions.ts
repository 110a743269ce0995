import type { Incoming } from '@ringshop/messaging';
import { InvalidDefinition } from './check-definition.ts';
import type { AnyDefinition } from './definition.ts';
import type { Instance } from './instance.ts';
import type { SomeData } from './turn.ts';

type Saga = Pick<Instance<SomeData>, 'id' | 'name' | 'version'>;

/** A saga of a definition, or of a version of one, that this process does not have. */
export class UnknownVersion extends Error {
  override name = 'UnknownVersion';
}

/**
 * A saga that a newer process began. Final on purpose: retried in place, one reply about it would hold up every other order of
 * its partition for as long as this process lives. As a dead letter it is kept, and its saga asks again, or gives up, by its
 * deadline, which a process that knows it fires. A deployment in two steps never gets here: first a release that knows both
 * versions, then one that begins the new one.
 */
export class NewerVersion extends UnknownVersion {
  override name = 'NewerVersion';
}

/** The processes that a runner knows, in all of their versions: which one moves a saga, and which saga a reply means. */
export class Definitions<Outcome extends string> {
  readonly #versions: ReadonlyMap<string, AnyDefinition<Outcome>[]>;
  /** Reply → names of the definitions that a saga must have for it to be meant. */
  readonly #kindOf = new Map<string, string>();

  /** @throws InvalidDefinition when a reply could belong to sagas of two kinds, or one version is defined twice */
  constructor(all: readonly AnyDefinition<Outcome>[]) {
    this.#versions = Map.groupBy(all, ({ name }) => name);
    for (const { name, version, ownerOf } of all) {
      if (this.#versions.get(name)!.filter((other) => other.version === version).length > 1) {
        throw new InvalidDefinition(`saga ${name}: version ${version} is defined twice`);
      }
      for (const reply of ownerOf.keys()) this.#claim(reply, name);
    }
  }

  #claim(reply: string, name: string): void {
    const kind = this.#kindOf.get(reply) ?? name;
    if (kind !== name) throw new InvalidDefinition(`sagas ${kind} and ${name} are both answered by "${reply}"`);
    this.#kindOf.set(reply, name);
  }

  /**
   * The definition that the saga began with.
   * @throws NewerVersion when it is newer than all that are known here, UnknownVersion when it is one that is known no more
   */
  of({ id, name, version }: Saga): AnyDefinition<Outcome> {
    const versions = this.#versions.get(name) ?? [];
    const found = versions.find((known) => known.version === version);
    if (found) return found;
    const unknown = `saga ${id} is a ${name} of version ${version}, which this process does not know`;
    throw versions.some((known) => known.version > version) ? new UnknownVersion(unknown) : new NewerVersion(unknown);
  }

  /**
   * Which replies each saga gets, in their order. Several sagas may be about one id; a reply that no definition of theirs
   * owns goes to the first of them, which notes that it was unexpected.
   */
  addressed<S extends Saga>(sagas: readonly S[], replies: ReadonlyMap<string, Incoming[]>): Map<S, Incoming[]> {
    const heard = new Map<S, Incoming[]>();
    for (const [id, its] of Map.groupBy(sagas, (saga) => saga.id)) {
      for (const reply of replies.get(id) ?? []) {
        const saga = its.find(({ name }) => name === this.#kindOf.get(reply.name)) ?? its[0]!;
        const before = heard.get(saga);
        if (before) before.push(reply);
        else heard.set(saga, [reply]);
      }
    }
    return heard;
  }
}
