import { z } from 'zod';

/** As in the apps: who this process is and where it keeps what it knows is no setting (infra/configuration). */
const wiring = { kind: 'wiring' } as const;

export const simulatorsConfig = z.object({
  NAME: z.string().default('simulators').meta(wiring).describe('What it calls itself.'),
  HOST: z.string().default('127.0.0.1').meta(wiring).describe('The address that it listens on.'),
  PORT: z.coerce.number().int().min(0).max(65535).default(8090).meta(wiring).describe('The port that it listens on.'),
  DATA_DIR: z
    .string()
    .min(1)
    .meta(wiring)
    .describe("Its folder: the provider's books and the identity provider's keys."),
  PAYMENT_LATENCY_MS: z.coerce.number().int().min(0).max(60_000).default(0).describe('Added to every payment call.'),
  PAYMENT_AUTHORISATIONS_PER_SECOND: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe('More than that wait for their turn; 0 is no limit.'),
  JWT_ISSUER: z
    .string()
    .default('http://ringshop.local/identity')
    .describe("The issuer of tokens whose request names no other. The gateway's has to be the same."),
  JWT_AUDIENCE: z.string().default('ringshop').describe('The same for whom they are made.'),
});

export type SimulatorsConfig = z.infer<typeof simulatorsConfig>;

/** An empty variable counts as absent. @throws Error with one line that names every bad variable and prints no value. */
export function readConfig(env: NodeJS.ProcessEnv): SimulatorsConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = simulatorsConfig.safeParse(given);
  if (parsed.success) return parsed.data;
  const names = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
  throw new Error(`bad configuration: ${[...names].join(', ')}`);
}
