import { randomBytes } from "node:crypto";
import { type Server, type ServerSettings, startServer } from "../../server/index-node.ts";
import { actionsIn, addActionRoutes } from "./action-routes.ts";
import { addAuditRoutes } from "./audit/audit-routes.ts";
import { addCompareRoutes } from "./compare-routes.ts";
import { createProcesses } from "./processes.ts";
import { openRoot } from "./root.ts";
import { addListRoutes, type Ui } from "./routes.ts";
import { createIndex } from "./run-index.ts";
import { addRunRoutes } from "./run-routes.ts";
import { addStudyRoutes } from "./study-routes.ts";
import { createWorkThread } from "./thread/work-thread.ts";
import { addTryRoutes } from "./try-routes.ts";

/**
 * Serve the pages of all runs and studies below a folder; only who comes with `signInUrl` sees them.
 *
 * @param signal - Ends what is open, so that `stop` need not wait for browsers.
 * @throws `ui/no-folder`; what `startServer` throws.
 */
export async function startUi(
  folder: string,
  settings: Omit<ServerSettings, "token" | "open">,
  signal: AbortSignal,
): Promise<Server> {
  const root = openRoot(folder);
  const thread = createWorkThread();
  const ui: Ui = { root, index: createIndex(root.folder), stopping: signal, thread, ...actionsIn(root) };
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
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      await thread.close();
    },
  };
}
