import { setTimeout as pause } from 'node:timers/promises';
import { numberOf } from '@ringshop/setup';
import { CommandFailed } from './cli.ts';

/** The file of keys, wherever it lies. */
export interface Keys {
  kids(): Promise<string[]>;
  add(): Promise<unknown>;
  putFirst(kid: string): Promise<unknown>;
  remove(kid: string): Promise<unknown>;
}

/** What one replica knows, and what its shard has under each key. */
export interface Replica {
  shard: string;
  url: string;
  error?: string;
  said?: {
    replica: string;
    seals: string;
    opens: string[];
    dataKeys: Record<string, number>;
    addresses: Record<string, number>;
  };
}

export interface Rotation {
  keys: Keys;
  /** `settled`: waits for what is being written at this moment. */
  ask: (settled: boolean) => Promise<Replica[]>;
  note: (text: string) => void;
  /** How long something may take without getting on. */
  withinMs: number;
  everyMs?: number;
}

type Said = NonNullable<Replica['said']>;

/**
 * Has a new key seal, and waits until nothing is under an older one. In two steps, so that no replica ever meets a key that it does
 * not know: the new key opens everywhere before it seals anywhere. What was done is seen from the file and from the
 * replicas, so a run that was killed is finished by the next.
 */
export async function rotate(rotation: Rotation): Promise<void> {
  const { keys, note } = rotation;
  const newest = await newestKey(rotation);
  await untilAll(rotation, `know ${newest}`, ({ opens }) => opens.includes(newest));
  if ((await keys.kids())[0] !== newest) {
    await keys.putFirst(newest);
    note(`every replica knows ${newest}: it is first in the file now`);
  }
  await untilAll(rotation, `seal with ${newest}`, ({ seals }) => seals === newest);
  note(`${newest} seals; what is under older keys is being sealed anew`);
  await untilSealedAnew(rotation, newest);
  const old = (await keys.kids()).filter((kid) => kid !== newest);
  note(`nothing is under ${old.join(' or ')} any more. Next: ${old.map(retireCommand).join('; ')}`);
}

const retireCommand = (kid: string) => `npm run keys -- retire ${kid}`;

/** A new one, or the one of a rotation whose older keys have not been retired: repeated, it makes no second one. */
async function newestKey({ keys, note }: Rotation): Promise<string> {
  const kids = await keys.kids();
  if (kids.length > 1) {
    note(`going on with ${newestOf(kids)}, which an earlier run has added`);
    return newestOf(kids);
  }
  await keys.add();
  const added = newestOf(await keys.kids());
  note(`added ${added} to the file, as one that opens`);
  return added;
}

const newestOf = (kids: string[]) => kids.reduce((a, b) => (numberOf(b) > numberOf(a) ? b : a));

/** Takes a key out of the file, if nobody seals with it and nothing is under it. @throws CommandFailed */
export async function retire(rotation: Rotation, kid: string): Promise<void> {
  const { keys, ask, note } = rotation;
  const kids = await keys.kids();
  if (kids[0] === kid) throw new CommandFailed(`${kid} is the key that seals: npm run keys -- rotate`);
  if (kids.includes(kid)) {
    const replicas = await ask(false);
    for (const { said, ...replica } of replicas) {
      if (said === undefined)
        throw new CommandFailed(`${nameOf(replica)} ${replica.error}: whether it needs ${kid} is not known`);
      if (said.seals === kid)
        throw new CommandFailed(`${said.replica} still seals with ${kid}: npm run keys -- rotate`);
    }
    const left = rowsUnder(await ask(true), (each) => each === kid);
    if (left > 0) throw new CommandFailed(`${left} rows are still under ${kid}: npm run keys -- rotate`);
    await keys.remove(kid);
  }
  await untilAll(rotation, `forget ${kid}`, ({ opens }) => !opens.includes(kid));
  if (kids.includes(kid)) note(`${kid} is gone: what is under it, in old backups say, opens no more`);
  else note(`there is no key ${kid}, in the file or at a replica`);
}

/** Rows of all shards under keys that are asked about. @throws CommandFailed when a shard cannot tell */
export function rowsUnder(replicas: Replica[], asked: (kid: string) => boolean): number {
  let rows = 0;
  for (const ofShard of Map.groupBy(replicas, ({ shard }) => shard).values()) {
    const said = ofShard.find((each) => each.said)?.said;
    if (said === undefined) throw new CommandFailed(`no replica of ${ofShard[0]!.shard} tells what is under which key`);
    for (const [kid, n] of [...Object.entries(said.dataKeys), ...Object.entries(said.addresses)])
      if (asked(kid)) rows += n;
  }
  return rows;
}

async function untilAll(rotation: Rotation, what: string, does: (said: Said) => boolean): Promise<void> {
  const { ask, withinMs, everyMs = 500 } = rotation;
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const behind = (await ask(false)).find(({ said }) => said === undefined || !does(said));
    if (behind === undefined) return;
    if (performance.now() > giveUpAt) {
      const why = behind.error ?? `does not ${what}: does it read this file?`;
      throw new CommandFailed(`${nameOf(behind)} ${why} Then run the same command again: it goes on from here.`);
    }
    await pause(everyMs);
  }
}

async function untilSealedAnew({ ask, note, withinMs, everyMs = 500 }: Rotation, newest: string): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  for (let giveUpAt = 0; ; ) {
    const now = rowsUnder(await ask(false), (kid) => kid !== newest);
    if (now === 0) return;
    if (now < left) {
      giveUpAt = performance.now() + withinMs;
      note(`${now} rows to go`);
      left = now;
    } else if (performance.now() > giveUpAt) {
      throw new CommandFailed(`${now} rows stay under older keys: the shards' logs say why. Run it again afterwards.`);
    }
    await pause(everyMs);
  }
}

const nameOf = ({ said, shard, url }: Replica) => (said ? said.replica : `${shard} at ${url}`);
