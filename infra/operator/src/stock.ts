import { CommandFailed, readArguments, runCommand } from './cli.ts';
import { Database } from './databases.ts';
import { setStock } from './set-stock.ts';
import { readStockBooks, type StockBook, wrongWith } from './stock-books.ts';
import { findSystem } from './system.ts';
import { table } from './table.ts';

const help = `usage: npm run stock -- set <sku> <quantity> [--as <operatorId>]
       npm run stock -- recount [<sku>]

set       how many units of a SKU are available; the difference is booked as a restock or a write-off, and it
          goes on record who said so
recount   adds up the ledger of all movements and the reservations, and compares both with the stock: of one SKU, or of
          all of them, with exit code 1 where they differ

  --as    who you are, a UUID; this machine's operator when it is not said`;

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, { as: { type: 'string' } });
  const [verb, sku, quantity, ...rest] = positionals;
  if (verb === 'recount' && quantity === undefined) return recount(sku);
  if (verb !== 'set' || !sku || rest.length > 0) {
    throw new CommandFailed('usage: stock -- set <sku> <quantity> | recount [<sku>]');
  }
  if (!/^\d{1,9}$/.test(quantity ?? '')) throw new CommandFailed('the quantity is a whole number from 0 to 999999999');
  const { before, after } = await setStock(await findSystem(), sku, Number(quantity), values.as);
  console.log(`${sku}: ${before} → ${after} available`);
  return 0;
}

async function recount(sku: string | undefined): Promise<number> {
  const books = await allBooks();
  const chosen = sku ? books.filter((book) => book.sku === sku) : books;
  if (sku && chosen.length === 0) throw new CommandFailed(`no stock and no entry of ${sku}`);
  const problems = chosen.flatMap((book) => wrongWith(book).map((problem) => `${book.sku}: ${problem}`));
  if (sku) console.log(`${counts(chosen[0]!)}\n`);
  console.log(problems.join('\n') || `${chosen.length} counted: stock, ledger and reservations agree`);
  return problems.length > 0 ? 1 : 0;
}

async function allBooks(): Promise<StockBook[]> {
  const inventory = new Database((await findSystem()).postgres, 'inventory');
  return readStockBooks(inventory).finally(() => inventory.close());
}

function counts({ sku, available, held, sold, booked, heldByOrders, soldToOrders }: StockBook): string {
  return table(
    [sku, 'stock', 'ledger', 'orders'],
    [
      ['available', available, booked.available, ''],
      ['held', held, booked.held, heldByOrders],
      ['sold', sold, booked.sold, soldToOrders],
    ],
  );
}

await runCommand('stock', main);
