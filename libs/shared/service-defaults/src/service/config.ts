import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { KeyRing } from '../trust/key-ring.ts';

/** Names every bad variable in one line, and never a value: values may be secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly variables: string[];

  constructor(problems: Map<string, string>) {
    super(`bad configuration: ${[...problems].map(([variable, why]) => `${variable} (${why})`).join(', ')}`);
    this.variables = [...problems.keys()];
  }
}

const integer = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);
const list = (separator: string) =>
  z.string().transform((text) =>
    text
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

/**
 * Who gives a variable. `wiring` is who this process is and where it finds others: each process has its own. A `secret` comes
 * from setup. What is marked as neither is a setting, which whoever starts the system may give (infra/configuration).
 */
export const wiring = { kind: 'wiring' } as const;
const secret = { kind: 'secret' } as const;

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http URL' });
const eachHttpUrl = z.url({ protocol: /^https?$/, error: 'must be http URLs separated by |' });
const hostAndPort = z.string().regex(/^[^\s:]+:\d+$/, 'must be host:port,host:port');

/** Pieces for the schema of an app. Give one a `.default(…)` only where the default is safe outside development. */
export const variables = {
  name: z.string().min(1).meta(wiring),
  host: z.string().meta(wiring),
  port: integer.pipe(z.int().max(65_535, 'must be a port')).meta(wiring),
  integer,
  positive: integer.pipe(z.int().min(1, 'must be at least 1')),
  ms: integer.pipe(z.int().min(1, 'must be at least 1 ms')),
  httpUrl: httpUrl.meta(wiring),
  httpUrls: list('|').pipe(z.array(eachHttpUrl).min(1)).meta(wiring),
  /** With the password of a role. */
  postgresUrl: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres URL' }).meta(secret),
  redisUrl: z.url({ protocol: /^rediss?$/, error: 'must be a redis URL' }).meta(wiring),
  brokers: list(',').pipe(z.array(hostAndPort).min(1)).meta(wiring),
  /** For `X_FILE` beside `X`, where the file may change while the service runs. */
  watchedFile: (variable: string) =>
    z
      .string()
      .meta(wiring)
      .optional()
      .describe(`A file in the place of \`${variable}\`, which is read again each second.`),
  keyRing: z
    .string()
    .transform((text, context) => {
      try {
        return KeyRing.parse(text);
      } catch {
        // The parse error is replaced on purpose: whatever it says about the text could be a piece of a key.
        context.addIssue('must be kid:base64 of 32 bytes, separated by commas');
        return z.NEVER;
      }
    })
    .meta(secret),
};

/** What every service has; spread it into the app's own schema. */
export const serviceVariables = {
  NAME: variables.name.describe(
    'What it calls itself in logs, to Kafka, Redis and PostgreSQL; its own for each process.',
  ),
  HOST: variables.host.default('127.0.0.1').describe('The address that it listens on.'),
  PORT: variables.port.describe('The port that it listens on.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('The least that is logged.'),
  LIVENESS_GRACE_MS: variables.ms
    .default(10_000)
    .describe(
      'How long a service that is dead for good goes on showing it before it ends itself, to be started again.',
    ),
};

/**
 * Parses the environment by a zod schema whose keys are variable names. `X_FILE` may name a file that holds `X`.
 * An empty variable counts as absent.
 *
 * Without `env` it reads the process's own and is the first line of a `main`: on failure it prints one line and
 * exits with code 2. With an explicit `env` it throws {@link ConfigError}.
 */
export function readConfig<S extends z.ZodObject>(schema: S, env?: NodeJS.ProcessEnv): z.output<S> {
  try {
    return parse(schema, env ?? process.env);
  } catch (error) {
    if (env !== undefined || !(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

function parse<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const problems = new Map<string, string>();
  const input: Record<string, string | undefined> = {};
  for (const variable of Object.keys(schema.shape)) {
    try {
      input[variable] = read(variable, env);
    } catch (error) {
      problems.set(variable, (error as Error).message);
    }
  }
  const result = schema.safeParse(input);
  for (const issue of result.error?.issues ?? []) {
    const variable = String(issue.path[0] ?? 'environment');
    if (!problems.has(variable)) problems.set(variable, reason(issue, input[variable]));
  }
  if (problems.size > 0 || !result.success) throw new ConfigError(problems);
  return result.data;
}

function read(variable: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = env[variable] || undefined;
  const file = env[`${variable}_FILE`];
  if (!file) return value;
  if (value !== undefined) throw new Error(`set together with ${variable}_FILE`);
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (cause) {
    throw new Error(`${variable}_FILE cannot be read`, { cause });
  }
}

/** zod's own messages may quote the input ("expected 'a', received …"), ours never do. */
function reason(issue: z.core.$ZodIssue, value: string | undefined): string {
  if (value === undefined && issue.code !== 'custom') return 'missing';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(' | ')}`;
  return issue.message.startsWith('must be') ? issue.message : 'invalid';
}
