import type pg from "pg";
import { expectedGot } from "../../../errors/index.ts";
import { optionalPackage } from "../../../files/index-node.ts";
import { type Connection, DATABASE_PACKAGE, type Sql } from "./connection.ts";

/** One for runs and their logs, and one so that signs of life need not wait; a thousand workers share one server. */
const CONNECTIONS = 2;
/** Longer than between two signs of life, so that each need not connect anew. */
const IDLE_MS = 30_000;
/** A server that is gone without a word is noticed after these. */
const CONNECT_MS = 10_000;
const ANSWER_MS = 180_000;

/**
 * Connect to a PostgreSQL.
 *
 * @param url - `postgres://user@host:port/database`; a password may also come from `PGPASSWORD` or `~/.pgpass`.
 * @throws `database/bad-url`, `database/no-package`; nothing is sent before the first statement.
 */
export async function connectPostgres(url: string): Promise<Connection> {
  const name = nameOf(url);
  const { Pool } = (await optionalPackage("pg@8.23.1", () => import("pg"), DATABASE_PACKAGE)).default;
  const pool = new Pool({
    connectionString: url,
    application_name: "crisp",
    max: CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  });
  // of a connection that nobody waits for; whoever comes next gets a new one
  pool.on("error", () => {});
  return {
    name,
    exclusive: false,
    query: async <Row>(statement: string, values: readonly unknown[] = []) =>
      (await pool.query(statement, [...values])).rows as Row[],
    async transaction(work) {
      const client = await pool.connect();
      const ignore = (): void => {};
      client.on("error", ignore);
      let broken = true;
      try {
        await client.query("BEGIN");
        const done = await attempt(client, work);
        await client.query("COMMIT");
        broken = false;
        return done;
      } finally {
        client.off("error", ignore);
        // what is still open in it is rolled back by its end
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

const attempt = <T>(client: pg.PoolClient, work: (sql: Sql) => Promise<T>): Promise<T> =>
  work({
    query: async <Row>(statement: string, values: readonly unknown[] = []) =>
      (await client.query(statement, [...values])).rows as Row[],
  });

/** @throws `database/bad-url`, which does not repeat what may hold a password. */
function nameOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^postgres(ql)?:$/.test(parsed.protocol)) {
    const user = parsed.username === "" ? "" : `${parsed.username}@`;
    return `${parsed.protocol}//${user}${parsed.host}${parsed.pathname}`;
  }
  throw expectedGot("database/bad-url", "database", "postgres://user@host:port/database", "something else");
}
