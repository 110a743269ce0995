/** Cuts a list into lists of its own, of at most `maxItems` and `maxBytes`, in its order; what is larger than that by itself stands alone. */
export function* portions<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  { maxItems, maxBytes }: { maxItems: number; maxBytes: number },
): Generator<readonly T[]> {
  let from = 0;
  let size = 0;
  for (const [at, item] of items.entries()) {
    const bytes = bytesOf(item);
    if (at > from && (size + bytes > maxBytes || at - from >= maxItems)) {
      yield items.slice(from, at);
      from = at;
      size = 0;
    }
    size += bytes;
  }
  if (from < items.length) yield items.slice(from);
}
