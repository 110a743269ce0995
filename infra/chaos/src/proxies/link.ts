/** What is swallowed: what clients send, what they are answered, or all of it. */
export type Swallowed = 'nothing' | 'requests' | 'replies' | 'both';

/** Connections that lead through us and can be spoilt. Faults add up: one that is delayed can also be cut. */
export interface Link {
  /** The port to connect to. */
  readonly port: number;
  /** How often each fault met a connection, some bytes or a request. One that stays at zero proves nothing. */
  readonly counts: { delayed: number; swallowed: number; cut: number; duplicated: number };
  /** Everything takes this much longer, in both directions; 0 heals. */
  delay(ms: number): void;
  /** Bytes vanish, and nobody is told. */
  swallow(what: Swallowed): void;
  /** Resets connections (RST): all that are open, or those that have lost bytes. */
  cut(which?: 'all' | 'deaf'): void;
  close(): Promise<void>;
}

export const takesRequests = (what: Swallowed) => what === 'requests' || what === 'both';
export const takesReplies = (what: Swallowed) => what === 'replies' || what === 'both';
