/** What `startSystem` can be told. */
export interface SystemOptions {
  /** Data, logs and keys of this system. One system at a time lives in a folder. */
  dir: string;
  /** `default`: the documented ones. `free`: whichever are, so that several systems can run side by side. */
  ports?: 'default' | 'free';
  /** Number of order shards, of a fresh system only; one that has data keeps what it has. */
  shards?: number;
  /** Processes of each order shard and of inventory. */
  replicas?: number;
  /** Of inventory, where it is not to have as many as a shard. */
  inventoryReplicas?: number;
  /** Kafka's compiler: c1 is fast at once, c2 is faster after some minutes. */
  kafkaJit?: 'c1' | 'c2';
  /**
   * Puts something between the apps and a server: it is told the server's name and port when ports have been chosen, and
   * answers the port that apps are sent to. The operator's addresses stay the server's own, but for Kafka's: a broker
   * tells all of its clients one address.
   */
  proxy?: (server: ProxiedServer, port: number) => Promise<number>;
  /** More environment for a part (`order-1.2`) or for all of a kind (`order`). */
  env?: Record<string, Record<string, string>>;
  /** Wipe what the folder holds first. */
  fresh?: boolean;
  /** Ends the system, also one that is only just starting. */
  signal?: AbortSignal;
  /** Somebody asked from outside for the end of the whole system. */
  onStopRequest?: () => void;
  /** Hears what is happening. */
  onEvent?: (event: SystemEvent) => void;
}

/** What apps talk to over connections that a proxy can spoil. */
export type ProxiedServer = 'postgres' | 'redis' | 'kafka' | 'simulators';

export type SystemEvent =
  | { kind: 'progress'; text: string }
  | { kind: 'part'; name: string; state: 'ready'; afterMs: number }
  | { kind: 'part'; name: string; state: 'stopped' }
  | { kind: 'part'; name: string; state: 'died'; detail: string }
  /** It ended by itself because it was dead, and is started again. */
  | { kind: 'part'; name: string; state: 'restarting'; detail: string };

/** Something that its user can put right: the message is the one line to show. */
export class Refused extends Error {
  override name = 'Refused';
}
