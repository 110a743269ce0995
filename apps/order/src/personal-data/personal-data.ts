import type { Outbox } from '@ringshop/messaging';
import { KeyRingFile, type LoadShedder, type Logger, Periodic, type Pool } from '@ringshop/service-defaults';
import type { OrderConfig } from '../config.ts';
import type { OrderReader } from '../orders/read-orders.ts';
import { CustomerKeys } from './customer-keys.ts';
import { EraseCustomers } from './erase-customers.ts';
import { KeyUsage } from './key-usage.ts';
import { ReSeal } from './re-seal.ts';
import { ShipTos } from './ship-tos.ts';

export interface PersonalDataOptions {
  config: OrderConfig;
  pool: Pool;
  outbox: Outbox;
  reader: OrderReader;
  load: LoadShedder;
  logger: Logger;
}

/** What is personal at a shard: who has its keys, who may read it, and what becomes of it. */
export class PersonalData {
  readonly keys: CustomerKeys;
  readonly shipTos: ShipTos;
  readonly erasing: EraseCustomers;
  readonly usage: KeyUsage;
  readonly #reSeal: ReSeal;
  readonly #background: (KeyRingFile | Periodic)[];

  constructor({ config, pool, outbox, reader, load, logger }: PersonalDataOptions) {
    const { PERSONAL_DATA_KEYS: ring, PERSONAL_DATA_KEYS_FILE: path, RESEAL_EVERY_MS: everyMs } = config;
    this.keys = new CustomerKeys(ring);
    this.shipTos = new ShipTos({ pool, keys: this.keys, ring, reader, load });
    this.erasing = new EraseCustomers(outbox);
    this.usage = new KeyUsage(pool, ring, config.NAME);
    this.#reSeal = new ReSeal({ outbox, ring, keys: this.keys, logger });
    this.#background = [
      new KeyRingFile({ ring, path, name: 'PERSONAL_DATA_KEYS_FILE', logger }),
      new Periodic({ everyMs, what: 'sealing anew', logger, work: () => this.#reSeal.run() }),
    ];
  }

  start(): void {
    for (const each of this.#background) each.start();
  }

  async stop(): Promise<void> {
    this.#reSeal.stop();
    await Promise.all(this.#background.map((each) => each.stop()));
  }
}
