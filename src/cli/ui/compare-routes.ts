import type { App } from "../../server/index-node.ts";
import { comparePage, MOST_COMPARED } from "./pages/compare-page.ts";
import { pathIn } from "./read-run.ts";
import { asPage, type Ui } from "./routes.ts";

/** `/compare?run=…&run=…` */
export function addCompareRoutes(app: App, { runsAt }: Ui): void {
  app.get(
    "/compare",
    asPage(async ({ req }) => {
      const asked = [...new Set(req.queries("run") ?? [])];
      const runs = asked.slice(0, MOST_COMPARED).map((each) => {
        const path = pathIn(each);
        return runsAt(path).read(path);
      });
      return comparePage(await Promise.all(runs), asked.length);
    }),
  );
}
