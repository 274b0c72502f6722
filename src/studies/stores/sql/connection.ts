/** Takes one statement at a time; in it `$1`, `$2`, … stand for the values. */
export interface Sql {
  query<Row>(statement: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** A connection to a PostgreSQL, elsewhere or in this process: the same SQL on either. */
export interface Connection extends Sql {
  /** For messages: without a password. */
  readonly name: string;
  /** Nobody but this process has the database: whatever another process had taken, it has left. */
  readonly exclusive: boolean;
  /** All that is done in it holds, or nothing. It may be done a second time where the first one's end was not heard of. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What `optionalPackage` says of the packages that databases need. */
export const DATABASE_PACKAGE = { what: "a study in a database", code: "database/no-package" } as const;
