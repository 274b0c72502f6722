// The reports as readers use them: by eye, by keyboard, on a phone. `npm run test:browser`.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { renderReport, renderTrainReport } from "../../src/report/index.ts";
import { fakeStudy } from "../../src/report/study/fake-study.fixture.ts";
import { fakeTraining } from "../../src/report/train/fake-training.fixture.ts";
import { seriousFindings } from "./axe.ts";
import { launchChromium } from "./chromium.ts";

const folder = mkdtempSync(join(tmpdir(), "crisp-report-"));
const names = [
  "dense",
  ...Array.from({ length: 11 }, (_, at) => (at % 2 ? `topk_${at}` : `block_of_sixteen_at_eighty_per_cent_number_${at}`)),
];
const study = {
  ...fakeStudy({
    ...{ names, sparsities: names.map((_, at) => (at === 0 ? 0 : 0.8)), effects: names.slice(1).map((_, at) => at / 20 - 0.2) },
    ...{ examples: 100, heads: 8, words: 40 },
  }),
  ...{ classes: ["bad", "good"], hyperparameters: { learning_rate: 2e-5, num_train_epochs: 3 } },
};
const pages = {
  study: renderReport(study),
  studies: renderReport([fakeStudy({ examples: 60 }), fakeStudy({ study: "another", examples: 60, seeds: 2 })]),
  training: renderTrainReport(fakeTraining({ classes: 4, examples: 200 })),
};

let browser: Browser;
before(async () => {
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, `${name}.html`), text);
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(name: keyof typeof pages, width: number, colorScheme: "light" | "dark" = "light"): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
  return page;
}
const unfold = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });

/** Pairs of texts in one chart that are printed over each other; labels of maps stand on end, so their boxes say nothing. */
const overprinted = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    for (const chart of document.querySelectorAll(".rows, svg.chart.indented")) {
      const texts = [...chart.querySelectorAll(".name, .figure, text.tick, text.reference-label")]
        .map((element) => ({ text: element.textContent ?? "", box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0);
      for (const [at, { text, box }] of texts.entries())
        for (const other of texts.slice(at + 1)) {
          const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
          const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
          // boxes of text have room above and below the letters
          if (wide > 1 && high > 4) found.push(`${text} over ${other.text}`);
        }
    }
    return found;
  });

for (const name of ["study", "studies", "training"] as const) {
  describe(`the page of ${name}`, () => {
    for (const [width, scheme] of [
      [1280, "light"],
      [400, "dark"],
    ] as const) {
      test(`at ${width} px, ${scheme}: no serious finding of axe, nothing overprinted, no wider than the screen`, async () => {
        const page = await open(name, width, scheme);
        await unfold(page);
        assert.deepEqual(await overprinted(page), []);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
        assert.deepEqual(await seriousFindings(page), []);
        await page.close();
      });
    }
  });
}

test("by keyboard: arrow keys choose head and arm, the contents list unfolds what it links to", async () => {
  const page = await open("study", 1280);
  const shown = () =>
    page
      .locator(".map svg.chart:visible")
      .evaluateAll((maps) => maps.map((map) => map.getAttribute("aria-label")!.split(":")[0]));
  assert.deepEqual(await shown(), ["dense, layer 2, head 1", `${names[1]}, layer 2, head 1`]);
  await page.locator("input[value=head-4]").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator("input[value=arm-0]").focus();
  await page.keyboard.press("ArrowRight");
  assert.deepEqual(await shown(), ["dense, layer 2, head 2", `${names[2]}, layer 2, head 2`]);
  assert.equal(await page.locator("#study-0-seeds table").isVisible(), false);
  await page.locator('.contents a[href="#study-0-seeds"]').focus();
  await page.keyboard.press("Enter");
  await page.locator("#study-0-seeds table").waitFor({ state: "visible", timeout: 5000 });
  await page.close();
});

test("on a phone the first column stays where it is while a table is scrolled", async () => {
  const page = await open("study", 400);
  await unfold(page);
  const moved = await page.evaluate(() => {
    const scroll = document.querySelector("#study-0-all .scroll")!;
    scroll.scrollLeft = 300;
    const edge = scroll.getBoundingClientRect().left;
    const [name, figure] = scroll.querySelectorAll("tbody tr:not(.group) > *");
    return { name: name.getBoundingClientRect().left - edge, figure: figure.getBoundingClientRect().left - edge };
  });
  assert.ok(Math.abs(moved.name) < 2, `${moved.name} px from the edge`);
  assert.ok(moved.figure < 100, "the table itself was scrolled");
  await page.close();
});
