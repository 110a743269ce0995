import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { openWith, sealWith } from '@ringshop/service-defaults';

export interface ShipTo {
  name: string;
  address: string;
}

/**
 * How a text under a customer's own key begins, where one under a ring's key has the key's id. No id of a ring has this
 * character, so each sealed text tells by itself what opens it.
 */
export const ownMark = '@.';

const fingerprintBytes = 16;

/** What one customer's data key is for. Erase the key, and what it sealed is noise in every copy of the database. */
export class CustomerKey {
  readonly #seals: KeyObject;
  readonly #fingerprints: KeyObject;

  constructor(dataKey: Buffer) {
    // Two keys out of one, so that none is used for two things. What HKDF adds is for input that is less than a random key,
    // and it costs seven times as much, for each customer who comes back after a while.
    const keys = hash('sha512', dataKey, 'buffer');
    this.#seals = createSecretKey(keys.subarray(0, 32));
    this.#fingerprints = createSecretKey(keys.subarray(32));
  }

  sealShipTo({ name, address }: ShipTo, orderId: string): string {
    return ownMark + sealWith(this.#seals, JSON.stringify([name, address]), shipToPlace(orderId));
  }

  /** @throws SealBroken */
  openShipTo(sealed: string, orderId: string): ShipTo {
    const text = openWith(this.#seals, sealed.slice(ownMark.length), shipToPlace(orderId)).toString();
    const [name, address] = JSON.parse(text) as [string, string];
    return { name, address };
  }

  /**
   * Tells two requests of this customer apart. Keyed, because names, addresses and tokens can be guessed: a bare hash of
   * them could be searched for.
   */
  fingerprint(text: string): Buffer {
    return createHmac('sha256', this.#fingerprints).update(text).digest().subarray(0, fingerprintBytes);
  }
}

/** Binds what is sealed to its row and column. */
export const shipToPlace = (orderId: string) => `orders.ship_to ${orderId}`;
