/** Whether a PostgreSQL can be had here. */
export declare const hasPostgres: boolean;

/** A PostgreSQL of one's own, in a folder of its own on a free port of loopback. */
export interface PostgresServer {
  readonly port: number;
  readonly folder: string;
  /** The address of a new, empty database. */
  readonly newDatabase: () => Promise<string>;
  /** Runs statements as the superuser, on a database or on none in particular. */
  readonly query: (sql: string, database?: string) => Promise<readonly Record<string, unknown>[]>;
  /** Ends all processes of the server at once. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export declare function startPostgres(options?: {
  readonly isDurable?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<PostgresServer>;

/** Runs statements on the PostgreSQL of that port as the superuser, on a database or on none in particular. */
export declare function queryPostgres(
  port: number,
  sql: string,
  database?: string,
): Promise<readonly Record<string, unknown>[]>;
