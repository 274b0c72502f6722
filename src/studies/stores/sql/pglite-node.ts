import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PGliteInterface } from "@electric-sql/pglite";
import { expectedGot } from "../../../errors/index.ts";
import { lockFolder, optionalPackage } from "../../../files/index-node.ts";
import { type Connection, DATABASE_PACKAGE, type Sql } from "./connection.ts";

/**
 * A PostgreSQL inside this process (PGlite), in a folder that is kept for it alone.
 *
 * @param folder - Made where it is missing; the database is in `pglite/` there. Left out, it is in memory and gone with the process.
 * @throws `database/busy`, `database/no-package`; `file/not-own` where something else is in its place.
 */
export async function connectPglite(folder?: string): Promise<Connection> {
  const { PGlite } = await optionalPackage("@electric-sql/pglite@0.5.17", () => import("@electric-sql/pglite"), DATABASE_PACKAGE);
  if (folder === undefined) return connectionTo(new PGlite(), "a database in memory", async () => {});
  mkdirSync(folder, { recursive: true });
  const lock = lockFolder(folder, { code: "database/busy", what: "database" });
  try {
    const [place, making] = [join(folder, "pglite"), join(folder, ".pglite.crisp-making")];
    // one that was killed while it was made cannot be opened, and holds nothing
    if (existsSync(making)) rmSync(place, { recursive: true, force: true });
    const made = existsSync(place);
    if (made && !existsSync(join(place, "PG_VERSION"))) {
      const hint = "Move it away, or choose another folder.";
      throw expectedGot("file/not-own", place, "a database's folder, or none", "something else", hint);
    }
    if (!made) writeFileSync(making, "");
    const database = await PGlite.create(place);
    if (!made) rmSync(making);
    return connectionTo(database, place, async () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

function connectionTo(database: PGliteInterface, name: string, release: () => Promise<void>): Connection {
  const over = (sql: Pick<PGliteInterface, "query">): Sql => ({
    query: async <Row>(statement: string, values: readonly unknown[] = []) =>
      (await sql.query(statement, [...values])).rows as Row[],
  });
  return {
    name,
    exclusive: true,
    ...over(database),
    transaction: (work) => database.transaction((transaction) => work(over(transaction as unknown as PGliteInterface))),
    async close() {
      await database.close();
      await release();
    },
  };
}
