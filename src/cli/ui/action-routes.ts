import { existsSync, lstatSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { type App, HttpError } from "../../server/index-node.ts";
import { keptCommand } from "../kept-command.ts";
import type { RunState } from "./live/run-state.ts";
import { isOpen, runActions, startedPage, startPage } from "./pages/action-pages.ts";
import { address } from "./pages/layout.ts";
import type { Processes } from "./processes.ts";
import { findRun, holderOf, pathIn, type RunPlace, shortState } from "./read-run.ts";
import { isPlain, type Root } from "./root.ts";
import { asPage, type Ui } from "./routes.ts";
import { stoppable } from "./studies/folder-studies.ts";
import { formOf } from "./try-routes.ts";

/** Verbs whose runs are continued by their folder alone. */
const CONTINUED: ReadonlySet<string> = new Set(["train", "pretrain"]);
/** Characters of a command's output that are shown. */
const LAST_OUTPUT = 8000;

/** The buttons of a run's page. */
export const actionsIn = (root: Root) => (place: RunPlace, state: RunState) =>
  runActions(place, state, { stop: holderOf(root, place) !== undefined, resume: continuable(place) !== undefined });

/** The command that started a run which its folder alone continues. */
function continuable({ log, folder }: RunPlace): { readonly verb: string; readonly cwd: string } | undefined {
  const { command: [verb] = [], folder: cwd } =
    (folder !== undefined && isPlain(dirname(log)) && keptCommand(dirname(log))) || {};
  return verb !== undefined && CONTINUED.has(verb) ? { verb, cwd: cwd! } : undefined;
}

/** What changes something: all are POST, which only these pages may send. */
export function addActionRoutes(app: App, { root }: Ui, processes: Processes): void {
  app.post(
    "/stop",
    asPage(async (context) => {
      const path = pathIn((await formOf(context, ["path"])).path);
      const isStudy = root.has([path, "study.json"].filter(Boolean).join("/"));
      if (isStudy) {
        processes.stop(stoppable(root, root.place(path)));
        return context.redirect(address("/study", { path: path || "." }), 303);
      }
      const place = await findRun(root, path);
      const { word } = await shortState(root, place);
      processes.stop(place.folder !== undefined && isOpen(word) ? holderOf(root, place) : undefined);
      return context.redirect(address("/run", { path: path || "." }), 303);
    }),
  );
  app.post(
    "/resume",
    asPage(async (context) => {
      const path = pathIn((await formOf(context, ["path"])).path);
      const place = await findRun(root, path);
      const kept = continuable(place);
      if (!kept || holderOf(root, place) || !isFolder(kept.cwd)) {
        const got = !kept
          ? "one that kept no command"
          : holderOf(root, place)
            ? "one that runs"
            : `one that was started in ${kept.cwd}`;
        throw new HttpError(409, expectedGot("ui/not-resumable", "resume", "a run that stands still and kept its command", got));
      }
      // relative paths of the command mean what they meant
      const id = processes.start([kept.verb, `--resume_from_checkpoint=${place.folder}`], kept.cwd, path);
      return context.redirect(`/started?id=${id}`, 303);
    }),
  );
  app.get(
    "/start",
    asPage(() => startPage(root.folder)),
  );
  app.post(
    "/start",
    asPage(async (context) => {
      const form = await formOf(context, ["data", "model", "output", "attention", "epochs", "rate", "seed"]);
      const { argv, output } = trainCommand(root, form);
      return context.redirect(`/started?id=${processes.start(argv, root.folder, output)}`, 303);
    }),
  );
  app.get(
    "/started",
    asPage(({ req }) => {
      const found = processes.started(req.query("id") ?? "");
      if (!found) throw new HttpError(404, expectedGot("ui/not-found", "the request", "a command that was started here", "none"));
      const printed = existsSync(found.output) ? readFileSync(found.output, "utf8").slice(-LAST_OUTPUT) : "";
      return startedPage(found, printed, root.has([found.path, "checkpoints"].filter(Boolean).join("/")));
    }),
  );
}

const HUB_NAME = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

interface StartForm {
  readonly data: string;
  readonly model: string;
  readonly output: string;
  readonly attention: string;
  readonly epochs: string;
  readonly rate: string;
  readonly seed: string;
}

/**
 * The command of a filled form; each value stands behind its option's `=`, so that none can be an option.
 *
 * @throws HttpError 422 `ui/bad-form`; 404 `ui/not-found` for data outside the folder.
 */
export function trainCommand(root: Root, form: StartForm): { readonly argv: readonly string[]; readonly output: string } {
  const text = (name: keyof StartForm): string => form[name].trim();
  const refused = (what: string, rule: string, got: string): HttpError =>
    new HttpError(422, expectedGot("ui/bad-form", what, rule, got || "nothing"));
  if (text("data") === "") throw refused("labelled texts", "the path of a file below the folder of crisp ui", "");
  root.place(text("data"));
  const model = text("model");
  if (!(model !== "" && root.has(model)) && !HUB_NAME.test(model)) {
    throw refused("start model", "a folder below the folder of crisp ui, or a name on the Hub", model);
  }
  const output = text("output").replace(/\/+$/, "");
  const [, above = "", name = ""] = /^(?:(.*)\/)?([^/]*)$/.exec(output) ?? [];
  if (!root.has(above) || /^\.|[\\:\0]|^$/.test(name) || lstatSync(join(root.place(above), name), { throwIfNoEntry: false })) {
    throw refused("output folder", "a new folder in one that is there, below the folder of crisp ui", output);
  }
  const options: readonly (readonly [string, string])[] = [
    ["train_file", text("data")],
    ["model", model],
    ["output_dir", output],
    ["attention", text("attention")],
    ["num_train_epochs", text("epochs")],
    ["learning_rate", text("rate")],
    ["seed", text("seed")],
  ];
  return { argv: ["train", ...options.flatMap(([option, value]) => (value === "" ? [] : [`--${option}=${value}`]))], output };
}

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
