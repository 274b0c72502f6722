import { readFileSync } from "node:fs";
import { expectedGot } from "../../errors/index.ts";
import { type App, HttpError, sendEvents } from "../../server/index-node.ts";
import { growingRun } from "./live/run-state.ts";
import { tail } from "./live/tail.ts";
import { isOpen } from "./pages/action-pages.ts";
import { type AnswersView, answersPage } from "./pages/answers-page.ts";
import { runPage, runParts } from "./pages/run-page.ts";
import { type Answers, answersOfCell, type Cell } from "./read-answers.ts";
import { findRun, isAlive, pathIn, type RunPlace } from "./read-run.ts";
import { type RunSettings, readSettings } from "./read-settings.ts";
import type { Root } from "./root.ts";
import { asPage, type Ui } from "./routes.ts";
import { answersIn } from "./runs/folder-runs.ts";

const ANSWERS_PER_PAGE = 100;
/** More browsers than this follow runs only by reading their pages again. */
const MOST_FOLLOWED = 64;

/** A run's page, its events, and its answers. */
export function addRunRoutes(app: App, ui: Ui): void {
  const { root, stopping } = ui;
  let followed = 0;
  app.get(
    "/run",
    asPage(async ({ req }) => {
      const path = pathIn(req.query("path"));
      return runPage(await ui.runsAt(path).view(path));
    }),
  );
  app.get("/run/events", async (context) => {
    const place = await findRun(root, pathIn(context.req.query("path")));
    const settings = await readSettings(place);
    if (followed >= MOST_FOLLOWED) {
      throw new HttpError(
        503,
        expectedGot("ui/too-many", "the request", `at most ${MOST_FOLLOWED} pages that follow runs`, "more"),
      );
    }
    return sendEvents(context, stopping, async (send, signal) => {
      followed++;
      try {
        await follow(root, place, settings, send, signal);
      } finally {
        followed--;
      }
    });
  });
  app.get(
    "/run/answers",
    asPage(async ({ req }) => {
      const place = await findRun(root, pathIn(req.query("path")));
      const answers = answersIn(root, place);
      const [label, predicted] = [req.query("label"), req.query("predicted")];
      const cell = label === undefined || predicted === undefined ? undefined : { label, predicted };
      const shown = shownAnswers(answers, cell, req.query("of") === "right");
      const total = shown.rows.length;
      const pages = Math.max(1, Math.ceil(total / ANSWERS_PER_PAGE));
      const page = Math.min(pages - 1, Math.max(0, Math.floor(Number(req.query("page") ?? 1)) - 1 || 0));
      const rows = shown.rows.slice(page * ANSWERS_PER_PAGE, (page + 1) * ANSWERS_PER_PAGE);
      return answersPage({ place, ...shown, rows, total, page, pages, cell });
    }),
  );
  app.get(
    "/report",
    asPage(({ req, body }) => {
      const path = pathIn(req.query("path"));
      const file = root.place([path, "report.html"].filter(Boolean).join("/"));
      // it has its styles in it and needs nothing else; scripts that somebody put there do not run
      const policy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'; sandbox";
      return body(readFileSync(file), 200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy });
    }),
  );
}

/** How often it is looked whether the process of a silent run lives. */
const BEAT_MS = 2000;

/** Sends the parts of a page that have changed, all that came between two looks at the log as one, until the run has ended. */
async function follow(
  root: Root,
  place: RunPlace,
  settings: RunSettings,
  send: (event: string, data: unknown) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let run = growingRun();
  let sent: Record<string, string> | undefined;
  for await (const { events, anew } of tail(place.log, { signal, beatMs: BEAT_MS })) {
    if (anew) run = growingRun();
    run.add(events);
    // before the log was read
    if (sent === undefined && events.length === 0) {
      sent = {};
      continue;
    }
    const alive = isAlive(root, place);
    const state = run.state(alive);
    const parts = Object.fromEntries(Object.entries(runParts({ state, settings })).map(([id, part]) => [id, part.markup]));
    const changed = Object.entries(parts).filter(([id, part]) => sent?.[id] !== part);
    sent = parts;
    if (changed.length > 0) await send("parts", Object.fromEntries(changed));
    // behind the end of its log a training saves its model; a study goes on with other runs
    if (!isOpen(state.word) && (!alive || place.study)) return send("end", {});
  }
}

function shownAnswers(
  answers: Answers,
  cell: Cell | undefined,
  ofRight: boolean,
): Pick<AnswersView, "columns" | "rows" | "right"> {
  const { mistakes, right, confusion } = answers;
  if (!cell) return ofRight && right ? { ...right, right: right.total } : mistakes;
  const at = cell.label === cell.predicted && right ? confusion?.labels.indexOf(cell.label) : undefined;
  return { ...answersOfCell(answers, cell), ...(at !== undefined && { right: confusion!.matrix[at]?.[at] ?? 0 }) };
}
