import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PGliteInterface } from "@electric-sql/pglite";
import { lockFolder, optionalPackage } from "../../../files/index-node.ts";
import { type Connection, DATABASE_PACKAGE, type Sql } from "./connection.ts";

/**
 * A PostgreSQL inside this process (PGlite), in a folder that is kept for it alone.
 *
 * @param folder - Made where it is missing; the database is in `pglite/` there. Left out, it is in memory and gone with the process.
 * @throws `database/busy`, `database/no-package`.
 */
export async function connectPglite(folder?: string): Promise<Connection> {
  const { PGlite } = await optionalPackage("@electric-sql/pglite@0.5.17", () => import("@electric-sql/pglite"), DATABASE_PACKAGE);
  if (folder === undefined) return connectionTo(new PGlite(), "a database in memory", async () => {});
  mkdirSync(folder, { recursive: true });
  const lock = lockFolder(folder, { code: "database/busy", what: "database" });
  try {
    const place = join(folder, "pglite");
    if (!existsSync(place)) {
      // made elsewhere first: one that was killed while it was made could not be opened
      const unfinished = join(folder, ".pglite.crisp-unfinished.tmp");
      rmSync(unfinished, { recursive: true, force: true });
      await (await PGlite.create(unfinished)).close();
      renameSync(unfinished, place);
    }
    return connectionTo(await PGlite.create(place), place, async () => lock.release());
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
