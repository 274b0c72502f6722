import { randomBytes } from "node:crypto";
import { type Server, type ServerSettings, startServer } from "../../server/index-node.ts";
import { openRoot } from "./root.ts";
import { addListRoutes, type Ui } from "./routes.ts";
import { createIndex } from "./run-index.ts";

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
  const ui: Ui = { root, index: createIndex(root.folder), stopping: signal };
  // nobody types it: browsers come with a ticket
  const token = randomBytes(32).toString("base64url");
  return startServer({ ...settings, token }, (app) => {
    addListRoutes(app, ui);
  });
}
