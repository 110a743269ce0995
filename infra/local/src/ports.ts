import { freePort, portIsFree } from '@ringshop/servers';
import { type ProxiedServer, Refused, type SystemOptions } from './options.ts';

/** The port of a part by its name (`order-1.2`), or of `operator`, the gateway's second listener. */
export type Ports = (name: string) => number;

const fixed: Record<string, number> = {
  'gateway-1': 8080,
  operator: 8081,
  simulators: 8090,
  postgres: 54320,
  redis: 63790,
  kafka: 19092,
};

/** The documented ports. The i-th order shard's r-th replica has 8100 + 10 i + r; from the tenth on, 8400 + 10 i + r. */
export const defaultPorts: Ports = (name) => {
  const known = fixed[name];
  if (known) return known;
  const [, kind, number, replica = '1'] = /^(\w+)-(\d+)(?:\.(\d+))?$/.exec(name) ?? [];
  const shard = Number(number);
  const base = { order: (shard < 10 ? 8100 : 8400) + 10 * shard, inventory: 8200, payment: 8300 }[kind ?? ''];
  if (base === undefined) throw new Error(`no port is set aside for ${name}`);
  return base + Number(replica);
};

/** Ports that are free now. */
export async function freePorts(names: string[]): Promise<Ports> {
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await freePort());
  return (name) => ports.get(name) ?? Number.NaN;
}

const proxied: ProxiedServer[] = ['postgres', 'redis', 'kafka', 'simulators'];

/** The ports as apps see them: those of the proxies, where there are any. */
export async function behindProxies(ports: Ports, proxy: SystemOptions['proxy']): Promise<Ports> {
  if (!proxy) return ports;
  const opened = proxied.map(async (server) => [server, await proxy(server, ports(server))] as const);
  const seen = new Map<string, number>(await Promise.all(opened));
  return (name) => seen.get(name) ?? ports(name);
}

/** @throws Refused naming every port that somebody else listens on */
export async function refuseBusyPorts(names: string[], ports: Ports): Promise<void> {
  const free = await Promise.all(names.map((name) => portIsFree(ports(name))));
  const busy = names.filter((_, i) => !free[i]).map((name) => `${ports(name)} (${name})`);
  if (busy.length === 0) return;
  const what = busy.length > 1 ? `ports ${busy.join(', ')} are` : `port ${busy[0]} is`;
  throw new Refused(`${what} in use by another program (another ringshop, or its containers?); stop it first`);
}
