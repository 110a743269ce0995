export interface Route {
  method: string;
  /** With its parameters: `/v1/orders/:orderId`. */
  path: string;
}

const line = /^((?:│ {3}| {4})*)[├└]── (.*)$/;
const node = /^(.*?)(?: \(([A-Z, ]+)\))?$/;

/** All that a Fastify application serves, read from itself: a table of tests over it cannot forget a new route. */
export function routesOf(http: { printRoutes(): string }): Route[] {
  // A tree of common beginnings: the way to a node is its path.
  const way: string[] = [];
  return http
    .printRoutes()
    .split('\n')
    .flatMap((text) => {
      const [, indent, rest] = line.exec(text) ?? [];
      if (indent === undefined || rest === undefined) return [];
      const [, part = '', methods] = node.exec(rest)!;
      way.length = indent.length / 4;
      way.push(part);
      const path = way.join('');
      return methods?.split(', ').map((method) => ({ method, path })) ?? [];
    });
}
