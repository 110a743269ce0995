import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appPart } from './app-parts.ts';
import { claim, release } from './claim.ts';
import { Refused, type SystemEvent, type SystemOptions } from './options.ts';
import { Part } from './part.ts';
import { listeners, planApps, type Size } from './plan.ts';
import { behindProxies, defaultPorts, freePorts, type Ports, refuseBusyPorts } from './ports.ts';
import { runSetup } from './run-setup.ts';
import { serverParts } from './server-parts.ts';
import { System } from './system.ts';

/**
 * Starts the whole system and answers when every part is ready.
 * When something cannot start, or `signal` is aborted, what did start is ended again.
 * @throws Refused with the one line that its user needs
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { dir, onEvent = () => undefined, onStopRequest = () => undefined, signal } = options;
  const left = await claim(dir, options);
  if (left.length > 0) onEvent({ kind: 'progress', text: `ended what a killed runner had left: ${left.join(', ')}` });
  let system: System | undefined;
  try {
    const size = await sizeOf(options);
    const ports = await choosePorts(options, size);
    const seen = await behindProxies(ports, options.proxy);
    const ending = new AbortController();
    system = new System(dir, makeParts(options, size, { ports, seen }, onEvent, ending.signal), ports, ending);
    signal?.addEventListener('abort', () => void system?.stop(), { once: true });
    if (signal?.aborted) throw new Refused('stopped before it was ready');
    await system.listen(onStopRequest);
    await startAll(system, serverKinds);
    onEvent({ kind: 'progress', text: 'setting up databases, roles, topics, keys and the placement map' });
    await runSetup(dir, size.shards, { ports, seen }, ending.signal);
    await writeFile(shardsFile(dir), String(size.shards));
    await startAll(system, appKinds);
    return system;
  } catch (error) {
    await (system ? system.stop() : release(dir));
    throw error;
  }
}

const serverKinds = ['postgres', 'redis', 'kafka'];
const appKinds = ['simulators', 'order', 'inventory', 'payment', 'gateway'];

async function choosePorts({ ports }: SystemOptions, size: Size): Promise<Ports> {
  const names = listeners(size);
  if (ports === 'free') return freePorts(names);
  await refuseBusyPorts(names, defaultPorts);
  return defaultPorts;
}

function makeParts(
  options: SystemOptions,
  size: Size,
  where: { ports: Ports; seen: Ports },
  tell: (event: SystemEvent) => void,
  ending: AbortSignal,
): Part[] {
  const apps = planApps(size, where.ports, options.dir, where.seen).map((app) => appPart(app, options));
  return [...apps, ...serverParts(options, where)].map((spec) => new Part(spec, tell, ending));
}

/** Waits for all of them even when one fails, so that whoever ends the system afterwards finds every child. */
async function startAll({ parts }: System, kinds: string[]): Promise<void> {
  const group = parts.filter(({ spec }) => kinds.includes(spec.kind));
  const results = await Promise.allSettled(group.map((part) => part.start()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

const shardsFile = (dir: string) => join(dir, 'shards');

/** A system with data keeps its number of shards; changing it moves orders, which is not what a start does. */
async function sizeOf({ dir, shards, replicas = 1, inventoryReplicas }: SystemOptions): Promise<Size> {
  const existing = Number(await readFile(shardsFile(dir), 'utf8').catch(() => '0'));
  if (existing > 0 && shards !== undefined && shards !== existing) {
    throw new Refused(`this system has ${existing} shards; --fresh wipes it and starts one with ${shards}`);
  }
  return { shards: existing || shards || 2, replicas, inventoryReplicas };
}
