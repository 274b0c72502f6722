// Adapters in headless Chromium, on WebAssembly: part of `npm run test:browser`.
//
// By hand with a real encoder: MODEL=models/all-MiniLM-L6-v2 DATA=reviews.tsv node --test test/browser/adapters.browser.ts
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { env } from "node:process";
import { after, test } from "node:test";
import { build } from "vite";
import type { Prediction } from "../../src/api/index.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { launchChromium } from "./chromium.ts";
import { serve } from "./serve.ts";

/** What the page gives of one training. */
interface Trained {
  readonly seconds: number;
  readonly losses: readonly number[];
  readonly accuracy: number;
  readonly files: readonly string[];
  readonly answers: Readonly<Record<"trained" | "merged" | "beside" | "again", readonly (readonly Prediction[])[]>>;
}

const root = join(import.meta.dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "crisp-browser-adapters-"));
const ends: (() => unknown)[] = [() => rmSync(work, { recursive: true, force: true })];
after(async () => {
  for (const end of ends.reverse()) await end();
});

const small = { loraRank: 4, learningRate: 2e-2, maxSteps: 8, threads: 1 };
const real = { loraRank: 8, learningRate: 1e-3, numTrainEpochs: 2, maxLength: 64 };
const texts = ["a gorgeous , witty , seductive movie", "dull and lifeless", "it goes on far too long"];

test("a tab trains adapters, and several share one encoder with the answers of their merged weights", async (t) => {
  const place = join(root, ".cache/browser-adapters");
  await build({ configFile: join(import.meta.dirname, "adapters/vite.config.ts"), logLevel: "warn" });
  const base = env.MODEL === undefined ? writeTinyModel(join(work, "base"), 0.3) : resolve(env.MODEL);
  const data = env.DATA === undefined ? writeReviews(work, "reviews.tsv", 80) : resolve(env.DATA);
  symlinkSync(base, join(place, "base"));
  symlinkSync(data, join(place, basename(data)));
  const server = await serve(place);
  ends.push(() => server.close());
  const browser = await launchChromium();
  ends.push(() => browser.close());
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(server.url);
  await page.waitForFunction("globalThis.trainAll !== undefined");
  const adapters = env.MODEL === undefined ? [small, { ...small, loraRank: 2, seed: 5 }] : [real];
  const done = (await page.evaluate(
    ([folder, file, all, asked]) =>
      (globalThis as unknown as { trainAll(...given: unknown[]): Promise<unknown> }).trainAll(folder, file, all, asked),
    ["base", basename(data), adapters, texts] as const,
  )) as Trained[];
  assert.deepEqual(problems, []);
  for (const [at, { losses, files, answers, seconds, accuracy }] of done.entries()) {
    t.diagnostic(`${JSON.stringify(adapters[at])}: ${seconds.toFixed(1)} s, ${losses.length} updates, accuracy ${accuracy}`);
    assert.ok(files.includes("adapter/adapter_model.safetensors"));
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(mean(losses.slice(-2)) < mean(losses.slice(0, 2)), losses.join(" "));
    for (const [which, rows] of Object.entries(answers)) {
      rows.forEach((row, text) => {
        for (const [rank, { score }] of row.entries()) {
          assert.ok(Math.abs(score - answers.trained[text][rank].score) < 1e-4, `${which} ${score}`);
        }
      });
    }
  }
});
