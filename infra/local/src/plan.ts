import { appEnvironment, shardOf } from './app-environment.ts';
import type { Ports } from './ports.ts';
import type { PartKind } from './status.ts';

export interface Size {
  shards: number;
  replicas: number;
  inventoryReplicas?: number | undefined;
}

/** An app that is to run: which, under which name, and with what environment. */
export interface PlannedApp {
  name: string;
  kind: PartKind;
  url: string;
  /** Its folder below the repository. */
  folder: string;
  env: Record<string, string>;
  /** Its folder below `<dir>/secrets`, when it has one. */
  secrets: string | undefined;
}

const servers = ['postgres', 'redis', 'kafka'] as const;

/** Names of the replicas of one part: the first has the plain name. */
function replicasOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}.${i + 1}`));
}

function shardNames({ shards }: Size): string[] {
  return Array.from({ length: shards }, (_, i) => `order-${i + 1}`);
}

function appNames(size: Size): Record<string, string[]> {
  return {
    gateway: ['gateway-1'],
    order: shardNames(size).flatMap((shard) => replicasOf(shard, size.replicas)),
    inventory: replicasOf('inventory-1', size.inventoryReplicas ?? size.replicas),
    payment: ['payment-1'],
    simulators: ['simulators'],
  };
}

/** Everything that listens, for choosing and checking ports. */
export function listeners(size: Size): string[] {
  return [...servers, 'operator', ...Object.values(appNames(size)).flat()];
}

/** All apps of a system; decides nothing at run time. `seen` are the ports that apps find servers at. */
export function planApps(size: Size, ports: Ports, dir: string, seen = ports): PlannedApp[] {
  const names = appNames(size);
  const url = (name: string) => `http://127.0.0.1:${ports(name)}`;
  const plan = (kind: PartKind) => (name: string) => ({
    name,
    kind,
    url: url(name),
    folder: kind === 'simulators' ? 'infra/simulators' : `apps/${kind}`,
    env: appEnvironment({ name, kind, names, ports, seen, url, dir }),
    secrets: secretsFolder(name, kind),
  });
  return Object.entries(names).flatMap(([kind, group]) => group.map(plan(kind as PartKind)));
}

/** The replicas of a part share what it knows. The simulators play somebody else and know nothing of ours. */
function secretsFolder(name: string, kind: PartKind): string | undefined {
  if (kind === 'simulators') return undefined;
  return kind === 'order' ? shardOf(name) : kind;
}
