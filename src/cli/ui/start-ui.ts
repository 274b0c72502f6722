import { randomBytes } from "node:crypto";
import { type Server, type ServerSettings, startServer } from "../../server/index-node.ts";
import type { DatabasePlace } from "../../studies/index-node.ts";
import { actionsIn, addActionRoutes } from "./action-routes.ts";
import { addAuditRoutes } from "./audit/audit-routes.ts";
import { addCompareRoutes } from "./compare-routes.ts";
import { createProcesses } from "./processes.ts";
import { openRoot } from "./root.ts";
import { addListRoutes, type Ui } from "./routes.ts";
import { createIndex } from "./run-index.ts";
import { addRunRoutes } from "./run-routes.ts";
import { databaseRuns } from "./runs/database-runs.ts";
import { folderRuns } from "./runs/folder-runs.ts";
import { connectStudies, isInDatabase } from "./studies/database.ts";
import { databaseStudies } from "./studies/database-studies.ts";
import { folderStudies } from "./studies/folder-studies.ts";
import { addStudyRoutes } from "./studies/study-routes.ts";
import { createWorkThread } from "./thread/work-thread.ts";
import { addTryRoutes } from "./try-routes.ts";

/**
 * Serve the pages of all runs and studies below a folder, and of the studies in a database; only who comes with `signInUrl` sees them.
 *
 * @param options.database - Its studies are listed beside those of the folder.
 * @param signal - Ends what is open, so that `stop` need not wait for browsers.
 * @throws `ui/no-folder`; what `openDatabase` and `startServer` throw.
 */
export async function startUi(
  folder: string,
  { database: place, ...settings }: Omit<ServerSettings, "token" | "open"> & { readonly database?: DatabasePlace },
  signal: AbortSignal,
): Promise<Server> {
  const root = openRoot(folder);
  const connection = place && (await connectStudies(place));
  const database = connection && databaseStudies(connection);
  const thread = createWorkThread(place);
  const inFolders = { studies: folderStudies(root), runs: folderRuns(root, actionsIn(root)) };
  const inDatabase = connection && database && { studies: database, runs: databaseRuns(connection) };
  const sourceOf = (path: string) => (inDatabase && isInDatabase(path) ? inDatabase : inFolders);
  const ui: Ui = {
    ...{ root, database, thread, index: createIndex(root.folder), stopping: signal },
    studiesAt: (path) => sourceOf(path).studies,
    runsAt: (path) => sourceOf(path).runs,
  };
  // nobody types it: browsers come with a ticket
  const token = randomBytes(32).toString("base64url");
  const server = await startServer({ ...settings, token }, (app) => {
    addListRoutes(app, ui);
    addRunRoutes(app, ui);
    addStudyRoutes(app, ui);
    addCompareRoutes(app, ui);
    addTryRoutes(app, ui);
    addAuditRoutes(app, ui);
    addActionRoutes(app, ui, createProcesses());
  }).catch(async (error) => {
    await database?.close();
    throw error;
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      await thread.close();
      await database?.close();
    },
  };
}
