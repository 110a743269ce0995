import { clockFileOf } from './parts.ts';

/** The parts of the system that a run is made against, by kind. Replicas are of the order shards and of inventory. */
export function partNames(replicas: number): Record<string, string[]> {
  const each = (name: string) => Array.from({ length: replicas }, (_, i) => (i === 0 ? name : `${name}.${i + 1}`));
  return {
    gateway: ['gateway-1'],
    order: ['order-1', 'order-2'].flatMap(each),
    inventory: each('inventory-1'),
    payment: ['payment-1'],
    simulators: ['simulators'],
  };
}

/** What differs from a system that is started by hand: a killed member of a group is missed sooner. */
export const settings = { KAFKA_SESSION_TIMEOUT_MS: '4000' };

const preload = new URL('./clock/preload.js', import.meta.url).href;

/** The environment of each service: its settings, and a clock that can be made to jump. */
export function environments(dir: string, replicas: number): Record<string, Record<string, string>> {
  const { order = [], inventory = [], payment = [] } = partNames(replicas);
  const services = [...order, ...inventory, ...payment];
  return Object.fromEntries(
    services.map((name) => [
      name,
      { ...settings, NODE_OPTIONS: `--import=${preload}`, CHAOS_CLOCK_FILE: clockFileOf(dir, name) },
    ]),
  );
}
