/**
 * Why stock moved. Each transaction that moves any leaves one entry in the ledger, which no statement can change later:
 * `available`, `held` and `sold` of every SKU are the sums of its entries (I1).
 *
 * initial, restock, write-off   units come in or go out: the total changes
 * orders                        a batch of reserve-, release- and commit-stock, added up per SKU: no total changes
 * expiry                        held units go back to available because their time was over: no total changes
 */
export type EntryKind = 'initial' | 'restock' | 'write-off' | 'orders' | 'expiry';
