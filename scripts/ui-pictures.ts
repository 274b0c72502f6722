// The pictures of docs/ui.md: node scripts/ui-pictures.ts --folder FOLDER --run RUN --model MODEL
//
// FOLDER holds the training RUN and the saved sparse model MODEL, by their paths in it. Needs Chromium.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launchChromium } from "../test/browser/chromium.ts";

const { values } = parseArgs({
  options: { folder: { type: "string" }, run: { type: "string" }, model: { type: "string" } },
});
const { folder, run, model } = values;
if (!folder || !run || !model) throw new Error("usage: node scripts/ui-pictures.ts --folder FOLDER --run RUN --model MODEL");

const root = join(import.meta.dirname, "..");
const ui = spawn(process.execPath, [join(root, "bin/crisp.mjs"), "ui", folder, "--json"]);
const [line] = await once(ui.stdout.setEncoding("utf8"), "data");
const address: string = JSON.parse(line).url;
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 760 }, colorScheme: "light" });
  await page.goto(address);
  await page.goto(new URL(`/run?path=${encodeURIComponent(run)}`, address).href);
  await page.screenshot({ path: join(root, "docs/pictures/ui-run.png") });
  await page.goto(new URL(`/try?path=${encodeURIComponent(model)}`, address).href);
  await page.getByLabel("text", { exact: true }).fill("a funny and moving film that never loses its way");
  await page.getByRole("button", { name: "Read it" }).click();
  await page.waitForURL(/maps/, { timeout: 120_000 });
  await page.goto(`${page.url()}&layer=2&head=3`);
  const { y = 0 } = (await page.locator("#attention").boundingBox()) ?? {};
  await page.screenshot({
    path: join(root, "docs/pictures/ui-attention.png"),
    fullPage: true,
    clip: { x: 0, y: y - 20, width: 1000, height: 800 },
  });
} finally {
  await browser.close();
  ui.kill("SIGINT");
}
