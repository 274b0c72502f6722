import type { App } from "../../server/index-node.ts";
import { comparePage, MOST_COMPARED } from "./pages/compare-page.ts";
import { findRun, pathIn } from "./read-run.ts";
import { readSettings } from "./read-settings.ts";
import { asPage, type Ui } from "./routes.ts";
import { stateOf } from "./run-routes.ts";

/** `/compare?run=…&run=…` */
export function addCompareRoutes(app: App, { root }: Ui): void {
  app.get(
    "/compare",
    asPage(async ({ req }) => {
      const asked = [...new Set(req.queries("run") ?? [])];
      const runs = asked.slice(0, MOST_COMPARED).map(async (path) => {
        const place = await findRun(root, pathIn(path));
        return { place, state: stateOf(root, place), settings: await readSettings(place) };
      });
      return comparePage(await Promise.all(runs), asked.length);
    }),
  );
}
