export interface PostgresOptions {
  /** The server as its administrator; the databases of the parts are created in it. */
  postgresUrl: string;
  /** Where the services reach it, `host:port`, when that is not where setup does. */
  postgresAddress?: string | undefined;
  shards: string[];
  /** Where `secrets.env` belongs, and the folder `secrets` with what each part may see of it. */
  dir: string;
  /** How long a server may take to answer. */
  waitMs?: number;
}
