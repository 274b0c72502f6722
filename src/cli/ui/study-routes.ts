import { html } from "../../report/index.ts";
import type { App } from "../../server/index-node.ts";
import type { PlannedLook } from "../../studies/index.ts";
import { studyPage } from "./pages/study-page.ts";
import { pathIn } from "./read-run.ts";
import { readStudy, type StudyState } from "./read-study.ts";
import { asPage, type Ui } from "./routes.ts";

/** A study's page. */
export function addStudyRoutes(app: App, ui: Ui): void {
  const { root } = ui;
  const looks = new Map<string, PlannedLook | null>();
  /** Starts to compute a look that nobody asked for before; undefined until it is there. */
  const lookAt = (folder: string, { look, file, results }: StudyState): PlannedLook | undefined => {
    if (look === null || results) return undefined;
    const key = JSON.stringify([folder, look, file.ids]);
    const known = looks.get(key);
    if (known === undefined) {
      looks.set(key, null);
      ui.thread.look(folder, look).then(
        (found) => looks.set(key, found),
        () => looks.delete(key),
      );
    }
    return known ?? undefined;
  };
  app.get(
    "/study",
    asPage(async ({ req }) => {
      const path = pathIn(req.query("path"));
      const folder = root.place(path);
      const state = await readStudy(root, folder);
      // several studies of one command have one report, above them
      const above = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
      const report = [path, ...(path === "" ? [] : [above])].find((each) =>
        root.has([each, "report.html"].filter(Boolean).join("/")),
      );
      return studyPage({ path, state, look: lookAt(folder, state), report, actions: html`${ui.actionsOfStudy?.(path)}` });
    }),
  );
}
