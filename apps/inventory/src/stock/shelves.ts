import type { Line } from '@ringshop/contracts';

export interface ShelfRow {
  sku: string;
  available: number;
  /** Minor units. */
  price: number;
}

type Place = 'available' | 'held' | 'sold';

/** What a batch does to one row, as differences: those of an order add up to zero, so it cannot change a total (I1). */
export interface Movement {
  sku: string;
  available: number;
  held: number;
  sold: number;
}

/** The stock a batch has locked, in memory: one decision sees what the ones before it took. */
export class Shelves {
  readonly #rows: ReadonlyMap<string, ShelfRow>;
  readonly #movements = new Map<string, Movement>();

  constructor(rows: ShelfRow[]) {
    this.#rows = new Map(rows.map((row) => [row.sku, row]));
  }

  knows(sku: string): boolean {
    return this.#rows.has(sku);
  }

  priceOf(sku: string): number {
    return this.#rows.get(sku)!.price;
  }

  available(sku: string): number {
    return (this.#rows.get(sku)?.available ?? 0) + (this.#movements.get(sku)?.available ?? 0);
  }

  /** The SKUs of which there is too little for these lines; several lines of one SKU count together. */
  lacking(lines: readonly Line[]): string[] {
    const wanted = new Map<string, number>();
    for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
    return [...wanted].filter(([sku, quantity]) => this.available(sku) < quantity).map(([sku]) => sku);
  }

  move(lines: readonly Line[], from: Place, to: Place): void {
    for (const { sku, quantity } of lines) {
      const movement = this.#movement(sku);
      movement[from] -= quantity;
      movement[to] += quantity;
    }
  }

  /** Units that come in or go out: the one change of a total, and it goes with an entry in the ledger. */
  adjust(sku: string, delta: number): void {
    this.#movement(sku).available += delta;
  }

  /** Only rows that change, in SKU order. */
  movements(): Movement[] {
    return [...this.#movements.values()]
      .filter(({ available, held, sold }) => available !== 0 || held !== 0 || sold !== 0)
      .sort((a, b) => (a.sku < b.sku ? -1 : 1));
  }

  #movement(sku: string): Movement {
    const known = this.#movements.get(sku);
    if (known) return known;
    const movement = { sku, available: 0, held: 0, sold: 0 };
    this.#movements.set(sku, movement);
    return movement;
  }
}
