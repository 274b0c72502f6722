import type { Context } from "hono";
import { CrispError } from "../../errors/index.ts";
import { type App, statusOf } from "../../server/index-node.ts";
import type { Found } from "./find.ts";
import { errorPage } from "./pages/error-page.ts";
import { styles } from "./pages/layout.ts";
import { type ListRow, listPage } from "./pages/list-page.ts";
import { findRun, shortState } from "./read-run.ts";
import type { Root } from "./root.ts";
import { byTime, kindIn, pageOf, type RunIndex } from "./run-index.ts";
import type { RunSource } from "./runs/run-source.ts";
import { pageScript } from "./script/page-script.ts";
import type { DatabaseStudies } from "./studies/database-studies.ts";
import type { StudySource } from "./studies/study-source.ts";
import type { WorkThread } from "./thread/work-thread.ts";

/** What all pages share. */
export interface Ui {
  readonly root: Root;
  readonly index: RunIndex;
  /** Ends open answers when the server stops. */
  readonly stopping: AbortSignal;
  readonly thread: WorkThread;
  /** Where the study of a path lives. */
  readonly studiesAt: (path: string) => StudySource;
  /** Where the run of a path lives. */
  readonly runsAt: (path: string) => RunSource;
  /** Studies that are listed beside those of the folder. */
  readonly database?: DatabaseStudies;
}

/** A handler whose errors are pages too. */
export const asPage =
  (answer: (context: Context) => Promise<string | Response> | string | Response) =>
  async (context: Context): Promise<Response> => {
    try {
      const made = await answer(context);
      return typeof made === "string" ? context.html(made) : made;
    } catch (error) {
      if (!(error instanceof CrispError)) throw error;
      const status = statusOf(error);
      // an error of Crisp's own is told with its words, whoever threw it
      return context.html(errorPage(error.message, status === 503), status === 500 ? 422 : status);
    }
  };

/** Before this time a first page shows what was found so far. */
const FIRST_PAGE_MS = 300;

/** The list, and what all pages load. */
export function addListRoutes(app: App, ui: Ui): void {
  const script = pageScript();
  app.get("/style.css", (context) => context.body(styles, 200, { "Content-Type": "text/css; charset=utf-8" }));
  app.get("/page.js", (context) => context.body(script, 200, { "Content-Type": "text/javascript; charset=utf-8" }));
  app.get(
    "/",
    asPage(async ({ req }) => {
      await ui.index.ready(FIRST_PAGE_MS);
      const query = {
        text: req.query("text") ?? "",
        kind: kindIn(req.query("kind")),
        locked: req.query("locked") !== undefined,
        page: Math.max(0, Math.floor(Number(req.query("page") ?? 1)) - 1 || 0),
      };
      const { found = [], problem } = (await ui.database?.list()) ?? {};
      const inFolder = ui.index.all();
      const list = pageOf(found.length === 0 ? inFolder : [...inFolder, ...found].sort(byTime), query);
      const rows = await Promise.all(list.rows.map((each) => rowOf(ui, each)));
      const places = [ui.root.folder, ...(ui.database ? [ui.database.name] : [])];
      return listPage({ places, problem, query, list, rows, index: ui.index.state });
    }),
  );
}

/** What is gone or broken by now is a row all the same. */
async function rowOf({ root, studiesAt }: Ui, { path, kind, changedMs }: Found): Promise<ListRow> {
  const row = { path, kind, changedMs };
  try {
    if (kind === "audit") return row;
    if (kind === "study") return { ...row, runs: await studiesAt(path).count(path) };
    return { ...row, state: await shortState(root, await findRun(root, path)) };
  } catch {
    return row;
  }
}
