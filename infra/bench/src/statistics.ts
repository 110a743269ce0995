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

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The lowest and the highest, for a person. */
export const spread = (values: readonly number[], show: (value: number) => string = String): string =>
  `${show(Math.min(...values))}–${show(Math.max(...values))}`;

export const round = (value: number, digits: number) => Number(value.toFixed(digits));

/** Of a result, for a file: six digits of each number that is no whole one, which is more than any table shows or ratio needs. */
export const asJson = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (isBroken(each) ? Number(each.toPrecision(6)) : each), 2);

const isBroken = (value: unknown): value is number => typeof value === 'number' && value % 1 !== 0;
