import { Database, setStock } from '@ringshop/operator';
import { type Context, type Goal, goal, type Scenario } from '../scenario.ts';
import type { Tallies } from '../tallies.ts';

const sku = 'SKU-0909';
const stock = 500;

export const flashSale: Scenario = {
  shows: `${stock} units of one product, 3,000 buyers in 20 s: exactly ${stock} are sold, everybody else is told out-of-stock`,
  takes: '½ min',
  prepare: async ({ system, tallies, note, atEnd }: Context) => {
    const inventory = new Database(system.postgres, 'inventory');
    atEnd(() => inventory.close());
    const before = await rowOf(inventory);
    atEnd(() => setStock(system, sku, before.available));
    await setStock(system, sku, stock);
    note(`${stock} units of ${sku} are there, for everybody`);
    return {
      env: { HOT_SKU: sku },
      judge: async () => {
        const after = await rowOf(inventory);
        return judgeSale(tallies, { sold: after.sold - before.sold, left: after.available + after.held });
      },
    };
  },
};

/** By the buyers' account and by the database's. */
export function judgeSale(tallies: Tallies, { sold, left }: { sold: number; left: number }): Goal[] {
  const sale = tallies.stage('sale');
  const confirmed = sale.count('confirmed');
  const told = sale.count('rejected:out-of-stock');
  // Who is told to come back does: in the end everybody is told one or the other.
  const others = sale.total - confirmed - told - sale.count('refused');
  return [
    goal(`buyers who were told confirmed, exactly ${stock}`, confirmed, confirmed === stock, 0),
    goal(`units sold by the database, exactly ${stock}`, sold, sold === stock, 0),
    goal('units left, none', left, left === 0, 0),
    goal('buyers who were told out-of-stock, all others', told, told > 0, 0),
    goal('buyers who were told anything else in the end, nobody', others, others === 0, 0),
  ];
}

async function rowOf(inventory: Database) {
  const [row] = await inventory.rows<{ available: number; held: number; sold: number }>(
    'SELECT available::int, held::int, sold::int FROM stock WHERE sku = $1',
    [sku],
  );
  if (!row) throw new Error(`there is no stock of ${sku}: npm run setup`);
  return row;
}
