/** One look at everything that could grow: by kind (`heap`), then by whose it is (`order-1`). */
export interface Sizes {
  atS: number;
  figures: Record<string, Record<string, number>>;
}

export interface Growth {
  whose: string;
  from: number;
  to: number;
}

/**
 * How much each figure of a kind grew over the looks after the first third, which is for warming up. What a heap or an outbox
 * holds for good is seen when it holds least: so a line is put through the least of every five looks.
 */
export function growthOf(looks: Sizes[], kind: string): Growth[] {
  const judged = looks.slice(Math.floor(looks.length / 3));
  const names = new Set(judged.flatMap(({ figures }) => Object.keys(figures[kind] ?? {})));
  return [...names].map((whose) => {
    const points = judged
      .filter(({ figures }) => figures[kind]?.[whose] !== undefined)
      .map(({ atS, figures }) => ({ x: atS, y: figures[kind]![whose]! }));
    return { whose, ...ends(leastOfEvery(5, points)) };
  });
}

interface Point {
  x: number;
  y: number;
}

function leastOfEvery(count: number, points: Point[]): Point[] {
  const groups = Array.from({ length: Math.max(1, Math.floor(points.length / count)) }, (_, n) =>
    points.slice(n * count, (n + 1) * count),
  );
  return groups.filter(({ length }) => length > 0).map((group) => group.reduce((a, b) => (b.y < a.y ? b : a)));
}

/** Where the line of least squares begins and ends. */
function ends(points: Point[]): { from: number; to: number } {
  if (points.length === 0) return { from: Number.NaN, to: Number.NaN };
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [mx, my] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = mean(({ x }) => (x - mx) ** 2);
  const slope = spread === 0 ? 0 : mean(({ x, y }) => (x - mx) * (y - my)) / spread;
  return { from: my + slope * (points[0]!.x - mx), to: my + slope * (points.at(-1)!.x - mx) };
}
