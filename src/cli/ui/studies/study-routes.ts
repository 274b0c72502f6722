import type { App } from "../../../server/index-node.ts";
import { studyPage } from "../pages/study-page.ts";
import { pathIn } from "../read-run.ts";
import { asPage, type Ui } from "../routes.ts";
import type { JudgedStudy, StudyExtras, StudyState } from "./study-source.ts";

/** A study's page. */
export function addStudyRoutes(app: App, ui: Ui): void {
  const looks = new Map<string, JudgedStudy | null>();
  /** Starts to compute a look that nobody asked for before; undefined until it is there. */
  const lookAt = (path: string, { look, ids, results }: StudyState & StudyExtras): JudgedStudy | undefined => {
    if (look === null || results) return undefined;
    const key = JSON.stringify([path, look, ids]);
    const known = looks.get(key);
    if (known === undefined) {
      looks.set(key, null);
      ui.thread.look(ui.studiesAt(path).place(path), look).then(
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
      const state = await ui.studiesAt(path).read(path);
      return studyPage({ path, state, look: lookAt(path, state) });
    }),
  );
}
