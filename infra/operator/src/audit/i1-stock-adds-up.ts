import { readStockBooks, wrongWith } from '../stock-books.ts';
import type { Invariant } from './evidence.ts';

/** Counts the stock three times: in its rows, by its ledger, and by the reservations. */
export const stockAddsUp: Invariant = {
  id: 'I1',
  title: 'initial + received − written off = available + held + sold, for every SKU, by rows, ledger and reservations',
  async check({ databases }) {
    const books = await readStockBooks(databases.inventory);
    const violations = books.flatMap((book) => wrongWith(book).map((problem) => ({ subject: book.sku, problem })));
    return { checked: books.length, violations };
  },
};
