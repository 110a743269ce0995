import { z } from 'zod';

const schema = z.object({
  NAME: z.string().default('simulators'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(8090),
  DATA_DIR: z.string().min(1),
  /** Added to every payment call. */
  PAYMENT_LATENCY_MS: z.coerce.number().int().min(0).max(60_000).default(0),
  /** More than that wait for their turn; 0 is no limit. */
  PAYMENT_AUTHORISATIONS_PER_SECOND: z.coerce.number().int().min(0).max(100_000).default(0),
  /** What tokens carry when their request asks for nothing else. */
  JWT_ISSUER: z.string().default('http://ringshop.local/identity'),
  JWT_AUDIENCE: z.string().default('ringshop'),
});

export type SimulatorsConfig = z.infer<typeof schema>;

/** @throws Error with one line that names every bad variable and prints no value. */
export function readConfig(env: NodeJS.ProcessEnv): SimulatorsConfig {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const names = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
  throw new Error(`bad configuration: ${[...names].join(', ')}`);
}
