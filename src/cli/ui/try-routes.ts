import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import type { Context } from "hono";
import { expectedGot } from "../../errors/index.ts";
import { type App, HttpError } from "../../server/index-node.ts";
import { tryPage } from "./pages/try-page.ts";
import { pathIn } from "./read-run.ts";
import { asPage, type Ui } from "./routes.ts";
import type { ReadText } from "./thread/jobs.ts";

/** Readings that stay for the choice of layers and heads; the oldest goes first. */
const MOST_KEPT = 8;
const LONGEST_TEXT = 4000;

interface Kept {
  readonly path: string;
  readonly text: string;
  readonly pair: string;
  readonly result: ReadText;
}

/** A model that reads what one types. */
export function addTryRoutes(app: App, { root, thread }: Ui): void {
  const kept = new Map<string, Kept>();
  app.get(
    "/try",
    asPage(({ req }) => {
      const path = req.query("path");
      if (path !== undefined) root.place(cardOf(pathIn(path)));
      return tryPage({ path, text: "", pair: "" });
    }),
  );
  app.post(
    "/try",
    asPage(async (context) => {
      const { path, text, pair } = await formOf(context, ["path", "text", "pair"]);
      const folder = pathIn(path.trim());
      root.place(cardOf(folder));
      checkNoLinks(root.place(folder), path);
      if (text.trim() === "" || text.length > LONGEST_TEXT) {
        throw new HttpError(422, expectedGot("ui/bad-text", "the text", `1 to ${LONGEST_TEXT} characters`, text.length));
      }
      const result = await thread.read(root.place(folder), text, pair.trim() === "" ? undefined : pair);
      const id = randomBytes(12).toString("base64url");
      kept.set(id, { path, text, pair, result });
      for (const old of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(old);
      // a page that is loaded again reads nothing again
      return context.redirect(`/try/maps?id=${id}`, 303);
    }),
  );
  app.get(
    "/try/maps",
    asPage(({ req }) => {
      const id = req.query("id") ?? "";
      const found = kept.get(id);
      if (!found) {
        const hint = "Only the last few are kept; let the model read the text again.";
        throw new HttpError(404, expectedGot("ui/not-found", "the request", "a text that a model has read", "none", hint));
      }
      const { result, ...rest } = found;
      const place = (name: string, count: number): number =>
        Math.min(Math.max(0, count - 1), Math.max(0, Number(req.query(name)) || 0));
      const read = { id, result, layer: place("layer", result.readings[0].maps.length), head: place("head", result.heads) };
      return tryPage({ ...rest, read });
    }),
  );
}

/** The files of a saved model are its own; a link could be any file of this machine. */
function checkNoLinks(folder: string, path: string): void {
  const link = readdirSync(folder, { withFileTypes: true }).find((entry) => entry.isSymbolicLink());
  if (link) throw new HttpError(422, expectedGot("ui/link", path, "a model folder without links", link.name, "Copy the model."));
}

const cardOf = (path: string): string => [path, "crisp.json"].filter(Boolean).join("/");

/** Fields of a form, each once; those that are missing are empty. */
export async function formOf<Name extends string>({ req }: Context, names: readonly Name[]): Promise<Record<Name, string>> {
  const form = await req.formData().catch(() => new FormData());
  const value = (name: Name): string => {
    const found = form.get(name);
    return typeof found === "string" ? found : "";
  };
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, string>;
}
