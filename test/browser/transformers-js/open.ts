import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { launchChromium } from "../chromium.ts";
import { serve } from "../serve.ts";

/** One class with its probability, as transformers.js gives it. */
export interface Scored {
  readonly label: string;
  readonly score: number;
}

/** transformers.js in a page of headless Chromium. */
export interface TransformersPage {
  /** Scores of all classes, text by text; `options` are those of `pipeline`. */
  scores(model: string, batches: readonly (readonly string[])[], options?: { readonly dtype?: string }): Promise<Scored[][]>;
  /** Paths that the page asked the server for. */
  readonly asked: ReadonlySet<string>;
  close(): Promise<void>;
}

/**
 * Serve transformers.js and model folders, and open a page that has loaded it.
 *
 * @param place - Folder for what is served; emptied.
 * @param models - Model folders by the name under which the page asks for them.
 */
export async function openTransformersPage(place: string, models: Readonly<Record<string, string>>): Promise<TransformersPage> {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, "ort"), { recursive: true });
  cpSync(join(import.meta.dirname, "index.html"), join(place, "index.html"));
  cpSync(join(import.meta.dirname, "page.js"), join(place, "page.js"));
  const dist = dirname(createRequire(import.meta.url).resolve("@huggingface/transformers"));
  cpSync(join(dist, "transformers.min.js"), join(place, "transformers.min.js"));
  const ort = join(dirname(createRequire(join(dist, "transformers.web.js")).resolve("onnxruntime-web")));
  for (const name of readdirSync(ort))
    if (/^ort-wasm-.*\.(wasm|mjs)$/.test(name)) cpSync(join(ort, name), join(place, "ort", name));
  mkdirSync(join(place, "models"));
  for (const [name, folder] of Object.entries(models)) symlinkSync(resolve(folder), join(place, "models", name));

  const server = await serve(place);
  const browser = await launchChromium();
  const page = await browser.newPage();
  const errors: string[] = [];
  const asked = new Set<string>();
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => void asked.add(new URL(request.url()).pathname));
  await page.goto(server.url);
  await page.waitForFunction("globalThis.ready === true", undefined, { timeout: 60_000 }).catch((error: Error) => {
    throw new Error(`${error.message} ${errors.join(" ")}`);
  });
  return {
    asked,
    scores: (model, batches, options = {}) =>
      page.evaluate(
        ([folder, all, more]) =>
          (globalThis as unknown as { scoresOf(...given: unknown[]): Promise<Scored[][]> }).scoresOf(folder, all, more),
        [`/models/${model}`, batches, options] as const,
      ),
    async close() {
      await browser.close();
      server.close();
    },
  };
}
