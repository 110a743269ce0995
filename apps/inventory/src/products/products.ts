import { setTimeout as sleep } from 'node:timers/promises';
import { type Product, type ProductPage, productCursor, sku as skuShape } from '@ringshop/contracts';
import { Gatherer, Problem } from '@ringshop/service-defaults';
import type { Found, ProductCache } from './product-cache.ts';
import type { SelectProducts } from './select-products.ts';
import type { SkuIndex } from './sku-index.ts';

interface Wanted {
  sku: string;
  /** Waited long enough for whoever claimed it. */
  impatient: boolean;
}

const elsewhere = Symbol('somebody else is filling it');
type Answer = Product | undefined | typeof elsewhere;

/**
 * The catalogue as customers see it, read through the cache. Of everything that is asked for at the same time, here and in
 * other replicas, each product is read from the database once; without Redis, once a batch in each replica.
 */
export class Products {
  readonly #cache: ProductCache;
  readonly #index: SkuIndex;
  readonly #select: SelectProducts;
  readonly #waiting = new Gatherer<Wanted, Answer>((batch) => this.#load(batch), { maxBatch: 500, maxWaiting: 10_000 });

  constructor(parts: { cache: ProductCache; index: SkuIndex; select: SelectProducts }) {
    this.#cache = parts.cache;
    this.#index = parts.index;
    this.#select = parts.select;
  }

  /** @throws Problem `not-found` */
  async one(sku: string): Promise<Product> {
    // Unknown SKUs are asked of the database each time, many in one statement: remembering them would let anybody fill Redis.
    const found = skuShape.safeParse(sku).success && !sku.includes('\0') ? await this.#read(sku) : undefined;
    if (!found) throw new Problem('not-found', { detail: 'no such product' });
    return found;
  }

  async page(limit: number, after = ''): Promise<ProductPage> {
    const { skus, more } = await this.#index.page(after, limit);
    const found = await Promise.all(skus.map((sku) => this.#read(sku)));
    const items = found.filter((product) => product !== undefined);
    return more ? { items, nextCursor: productCursor.write(skus.at(-1)!) } : { items };
  }

  async #read(sku: string): Promise<Product | undefined> {
    const giveUpAt = performance.now() + this.#cache.claimMs;
    for (;;) {
      const answer = await this.#waiting.submit({ sku, impatient: performance.now() >= giveUpAt });
      if (answer !== elsewhere) return answer;
      await sleep(5 + Math.random() * 10);
    }
  }

  async #load(wanted: Wanted[]): Promise<Answer[]> {
    const skus = [...new Set(wanted.map(({ sku }) => sku))];
    const impatient = new Set(wanted.filter((one) => one.impatient).map(({ sku }) => sku));
    const found = await this.#cache.read(skus);
    const missing = skus.filter((sku) => !found?.products.has(sku));
    const read = missing.length > 0 ? await this.#fill(missing, found, impatient) : undefined;
    return wanted.map(({ sku }) => found?.products.get(sku) ?? read?.get(sku));
  }

  /** Reads what this process could claim, and what it has waited for long enough; takes the claims of those over. */
  async #fill(missing: string[], found: Found | undefined, impatient: Set<string>): Promise<Map<string, Answer>> {
    const late = missing.filter((sku) => found?.claimed.has(sku) && impatient.has(sku));
    const free = missing.filter((sku) => !found?.claimed.has(sku));
    const claim = found && (await this.#cache.claim([...free, ...late], [...found.wrong, ...late]));
    const mine = new Set(claim ? claim.skus : missing);
    const due = missing.filter((sku) => mine.has(sku) || impatient.has(sku));
    const rows = await this.#select.products(due);
    if (claim) await this.#cache.fill(claim, rows);
    const answers = new Map<string, Answer>(missing.map((sku) => [sku, elsewhere]));
    for (const sku of due) answers.set(sku, rows.get(sku)?.product);
    return answers;
  }
}
