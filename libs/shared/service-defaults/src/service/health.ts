/** A reason why it is red, or undefined. Cheap and synchronous: a probe must not hang on what it asks about. */
export interface Checks {
  live?: () => string | undefined;
  ready?: () => string | undefined;
  /** What is not as configured though the part works, for who looks at the probe: it turns nothing red. */
  note?: () => string | undefined;
}

export interface Reason {
  part: string;
  reason: string;
}

/** What the parts of a service say about themselves. Dead means restart me; not ready means send me nothing; a note, look. */
export class Health {
  readonly #parts = new Map<string, Checks>();
  #notServing: string | undefined = 'starting';

  /** The returned function takes the part out again. */
  register(part: string, checks: Checks): () => void {
    if (this.#parts.has(part)) throw new Error(`health of ${part} is registered twice`);
    this.#parts.set(part, checks);
    return () => this.#parts.delete(part);
  }

  started(): void {
    this.#notServing = undefined;
  }

  drain(): void {
    this.#notServing = 'stopping';
  }

  live(): Reason[] {
    return this.#ask('live');
  }

  /** A dead part is not ready either. */
  ready(): Reason[] {
    const service = this.#notServing === undefined ? [] : [{ part: 'service', reason: this.#notServing }];
    return [...service, ...this.#ask('live'), ...this.#ask('ready')];
  }

  notes(): Reason[] {
    return this.#ask('note');
  }

  #ask(check: keyof Checks): Reason[] {
    const reasons: Reason[] = [];
    for (const [part, checks] of this.#parts) {
      const reason = askOne(checks[check]);
      if (reason !== undefined) reasons.push({ part, reason });
    }
    return reasons;
  }
}

function askOne(check: (() => string | undefined) | undefined): string | undefined {
  try {
    return check?.();
  } catch {
    // A check that throws knows nothing good, and its message may be internal.
    return 'check failed';
  }
}
