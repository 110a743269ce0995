import type { z } from 'zod';

/** What a schema says of one variable. */
export interface Variable {
  name: string;
  /** Who gives it: see `wiring` in service-defaults. */
  kind: 'wiring' | 'secret' | 'setting';
  required: boolean;
  /** Undefined where there is none. */
  byDefault: unknown;
  /** The only values that it can have, where they are few. */
  oneOf: string[];
  description: string;
}

/** The variables of a configuration: first what has to be given, then the settings. */
export function variablesOf(schema: z.ZodObject): Variable[] {
  const all = Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, type]) => variableOf(name, type));
  return all.toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
}

const kinds: Variable['kind'][] = ['wiring', 'secret', 'setting'];

function variableOf(name: string, type: z.ZodType): Variable {
  const layers = layersOf(type);
  // What is said further out counts.
  const { kind = 'setting', description = '' } = Object.assign({}, ...layers.toReversed().map((layer) => layer.meta()));
  if (!kinds.includes(kind)) throw new Error(`${name} is of no kind that is known: ${kind}`);
  const defaults = layers.flatMap(({ def }) => ('defaultValue' in def ? [def.defaultValue] : []));
  const required = !type.safeParse(undefined).success;
  return { name, kind, required, byDefault: defaults[0], oneOf: optionsOf(layers.at(-1)!), description };
}

/** `.default(…)` and `.optional()` lie around what they are said of. */
function layersOf(type: z.ZodType): z.ZodType[] {
  const { innerType } = type.def as { innerType?: z.ZodType };
  return innerType ? [type, ...layersOf(innerType)] : [type];
}

const optionsOf = (type: z.ZodType) => (type.def.type === 'enum' ? (type as z.ZodEnum).options.map(String) : []);
