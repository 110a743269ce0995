import type { Client } from 'pg';
import { databaseOf } from './databases.ts';
import { isVerifierOf, scramVerifier } from './scram.ts';
import type { Secrets } from './secrets.ts';
import { type Tables, tablesOf } from './tables-of-roles.ts';

/** Who a service is to PostgreSQL. It owns nothing: tables belong to the administrator, who migrates them. */
export interface Role {
  name: string;
  /** The one database that it may enter. */
  database: string;
  /** The name of its password in `secrets.env`. */
  password: string;
  tables: Tables;
}

const role = (name: string, tables: Tables, database = name): Role => ({
  name,
  database,
  password: `${name.toUpperCase()}_PASSWORD`,
  tables,
});

/** Shards read the placement map as a role of its own: whoever has a shard's password cannot move slots. */
export const placementReader = role('placement_reader', tablesOf.placementReader, 'placement');

/** A shard's role has the name of its database, like every other (`sameuser` in pg_hba.conf). */
export const rolesOf = (shards: string[]): Role[] => [
  ...shards.map((shard) => role(databaseOf(shard), tablesOf.order)),
  role('inventory', tablesOf.inventory),
  role('payment', tablesOf.payment),
  placementReader,
];

/** Creates the roles that are missing and gives each the password of `secrets`. Answers the names of those it changed. */
export async function createRoles(admin: Client, roles: Role[], secrets: Secrets): Promise<string[]> {
  const { rows } = await admin.query<{ rolname: string; rolpassword: string | null }>(
    'SELECT rolname, rolpassword FROM pg_authid WHERE rolname = ANY($1)',
    [roles.map(({ name }) => name)],
  );
  const stored = new Map(rows.map(({ rolname, rolpassword }) => [rolname, rolpassword]));
  const changed = roles.filter(({ name, password }) => !isVerifierOf(secrets[password]!, stored.get(name) ?? null));
  for (const { name, password } of changed) {
    const verifier = admin.escapeLiteral(scramVerifier(secrets[password]!));
    const verb = stored.has(name) ? 'ALTER' : 'CREATE';
    await admin.query(`${verb} ROLE ${admin.escapeIdentifier(name)} LOGIN PASSWORD ${verifier}`);
  }
  return changed.map(({ name }) => name);
}
