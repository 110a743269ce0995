/** `share` 0.5 is the median. NaN of nothing. */
export const percentile = (ascending: Float64Array, share: number) =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;

/** The same of values in any order. */
export const percentileOf = (values: readonly number[], share: number) =>
  percentile(Float64Array.from(values).sort(), share);

/** Of an even number the mean of the middle two: of a few rounds neither is more in the middle. */
export function median(values: readonly number[]): number {
  const ascending = Float64Array.from(values).sort();
  const middle = ascending.length >> 1;
  return ascending.length % 2 === 1 ? ascending[middle]! : (ascending[middle - 1]! + ascending[middle]!) / 2;
}

export const round = (value: number, digits: number) => Number(value.toFixed(digits));
