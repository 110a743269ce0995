/** What a role may do with the rows of a table, in the words of GRANT; `others` is for the tables that are not named. */
export interface Tables {
  others: string[];
  [table: string]: string[];
}

const read = ['SELECT'];
const add = ['INSERT'];
/** Rows that stay: `UPDATE` is also what every row lock asks for. */
const keep = ['SELECT', 'INSERT', 'UPDATE'];
const change = ['SELECT', 'UPDATE'];
const all = ['DELETE', 'INSERT', 'SELECT', 'UPDATE'];

/** The least that each kind of service does its work with. A table that is not named here may be read and written freely. */
export const tablesOf = {
  order: {
    others: all,
    migrations: read,
    orders: keep,
    sagas: keep,
    // An erased customer's row stays, without its key: deleted, it would be made again.
    customer_keys: keep,
    operator_actions: add,
    // A shard locks its slots and never decides on them: `FOR SHARE` wants UPDATE on any column, and this one cannot change.
    owned_slots: ['SELECT', 'UPDATE (lockable)'],
  },
  inventory: {
    others: all,
    migrations: read,
    products: read,
    stock: change,
    stock_ledger: add,
    operator_actions: add,
    lock_epoch: change,
  },
  payment: { others: all, migrations: read },
  placementReader: { others: [], placement_maps: read },
} satisfies Record<string, Tables>;
