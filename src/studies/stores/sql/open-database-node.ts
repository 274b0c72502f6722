import type { Connection } from "./connection.ts";
import { migrate } from "./migrations.ts";
import { isOutage, isRefusal, type Patience, patient, refused, unreachable } from "./patient.ts";
import { connectPglite } from "./pglite-node.ts";
import { connectPostgres } from "./postgres-node.ts";

/** Where studies are kept: a PostgreSQL by its URL, or a folder for one inside this process. */
export type DatabasePlace = { readonly url: string } | { readonly folder: string };

/**
 * Connect to a database, with the tables that this version of Crisp needs.
 *
 * @throws `database/unreachable` at once where it does not answer the first time; later it is waited for, see `patient`.
 *   `database/refused` where user, password, name or rights are wrong.
 * @example
 * const database = await openDatabase({ url: "postgres://crisp@db.example.org/studies" });
 */
export async function openDatabase(place: DatabasePlace, patience: Patience = {}): Promise<Connection> {
  const connection = "url" in place ? await connectPostgres(place.url) : await connectPglite(place.folder);
  try {
    await migrate(connection);
  } catch (error) {
    await connection.close().catch(() => {}); // the first error is the one to tell
    if (isRefusal(error)) throw refused(connection.name, error);
    throw isOutage(error)
      ? unreachable(connection.name, error, "Check the URL, and that the server can be reached from this machine.")
      : error;
  }
  return patient(connection, patience);
}
