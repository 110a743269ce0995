import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface FaultProxy {
  readonly port: number;
  /** The same address through the proxy: `proxy.through('redis://127.0.0.1:6379/0')`. */
  through(url: string): string;
  /** Back to normal; connections that were cut stay cut. */
  pass(): Promise<void>;
  /** Nobody listens any more, and open connections end. */
  refuse(): Promise<void>;
  /** Requests arrive, answers are lost, and nobody is told: a time-out after the effect. */
  dropReplies(): void;
  /** Everything takes this much longer, in both directions. */
  delay(ms: number): void;
  /** Ends the connections that are open now. */
  cut(): void;
  /** How often each fault met a connection or some bytes. One that stays at zero proves nothing. */
  readonly counts: { connections: number; refused: number; droppedReplies: number; delayed: number; cut: number };
  close(): Promise<void>;
}

type Mode = { kind: 'pass' } | { kind: 'dropReplies' } | { kind: 'delay'; ms: number };

/** A TCP proxy before a server on the loopback address, for faults of the network. Target: a port, or a URL with one. */
export async function faultProxy(target: number | string): Promise<FaultProxy> {
  const targetPort = typeof target === 'number' ? target : Number(new URL(target).port);
  const counts = { connections: 0, refused: 0, droppedReplies: 0, delayed: 0, cut: 0 };
  const open = new Set<Socket>();
  let mode: Mode = { kind: 'pass' };

  const carry = (from: Socket, to: Socket, isReply: boolean) => {
    from.on('data', (bytes) => {
      if (mode.kind === 'dropReplies' && isReply) counts.droppedReplies++;
      else if (mode.kind === 'delay') {
        counts.delayed++;
        setTimeout(() => to.writable && to.write(bytes), mode.ms);
      } else to.write(bytes);
    });
    from.on('close', () => to.destroy());
    // What broke is for the two ends to say; the proxy only passes on that it did.
    from.on('error', () => to.destroy());
  };
  const listener = createServer((client) => {
    counts.connections++;
    const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    for (const socket of [client, server]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    carry(client, server, false);
    carry(server, client, true);
  });
  const endAll = () => {
    const ended = open.size / 2;
    for (const socket of open) socket.destroy();
    return ended;
  };
  const port = await listen(listener, 0);

  return {
    port,
    counts,
    through: (url) => Object.assign(new URL(url), { port: String(port) }).href,
    pass: async () => {
      mode = { kind: 'pass' };
      if (!listener.listening) await listen(listener, port);
    },
    refuse: async () => {
      if (listener.listening) listener.close();
      counts.refused += Math.max(1, endAll());
    },
    dropReplies: () => {
      mode = { kind: 'dropReplies' };
    },
    delay: (ms) => {
      mode = { kind: 'delay', ms };
    },
    cut: () => {
      counts.cut += endAll();
    },
    close: async () => {
      endAll();
      if (listener.listening) await new Promise((resolve) => listener.close(resolve));
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
