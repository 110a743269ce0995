import { slotOf } from '@ringshop/placement';
import {
  type KeyRing,
  type Principal,
  principalLifetimeMs,
  type Role,
  signPrincipal,
} from '@ringshop/service-defaults';

/** Who a verified token speaks for. */
export class Caller implements Principal {
  /** The verified subject, in lower case: the customer id. */
  readonly subject: string;
  readonly role: Role;
  /** Where their orders live: a hash that is worked out once and not for each request. */
  readonly slot: number;
  readonly #ring: KeyRing;
  #principal = '';
  #signAgainAt = 0;

  constructor({ subject, role }: Principal, ring: KeyRing) {
    this.subject = subject;
    this.role = role;
    this.slot = slotOf(subject);
    this.#ring = ring;
  }

  /** What the gateway says about them to the parts behind it. Signed once for many requests, and good for half a minute at least. */
  get principal(): string {
    const now = Date.now();
    // A clock that was set back must not keep one that is from the future for those who verify it.
    if (now >= this.#signAgainAt || now < this.#signAgainAt - principalLifetimeMs / 2) {
      this.#principal = signPrincipal(this.#ring, this, now);
      this.#signAgainAt = now + principalLifetimeMs / 2;
    }
    return this.#principal;
  }
}
