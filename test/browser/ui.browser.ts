// The pages of `crisp ui` as a person uses them, over a study that runs: `npm run test:browser`.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { madeUpAudit, TICKETS } from "../../src/cli/ui/audit/made-up-audit.fixture.ts";
import {
  addEvents,
  evaluated,
  madeUpHeader,
  madeUpRun,
  madeUpTraining,
  started,
  step,
} from "../../src/cli/ui/made-up.fixture.ts";
import { lockFolder } from "../../src/files/index-node.ts";
import type { StudyStore } from "../../src/studies/index.ts";
import { type Connection, openDatabase, sqlStore } from "../../src/studies/index-node.ts";
import { noPostgres, PASSWORD, startPostgres, type TestPostgres } from "../../src/studies/stores/sql/postgres.fixture.ts";
import { launchChromium } from "./chromium.ts";

const root = join(import.meta.dirname, "../..");
const screenshots = join(root, ".cache/screenshots");
const folder = mkdtempSync(join(tmpdir(), "crisp-ui-page-"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const crisp = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [join(root, "bin/crisp.mjs"), ...args], { cwd: folder });

let browser: Browser;
let context: BrowserContext;
let ui: ChildProcess;
let study: ChildProcess;
let postgres: TestPostgres | undefined;
let connection: Connection | undefined;
let store: StudyStore | undefined;
let address: string;
/** Page of the study that the preset begins with. */
let studyPage: string;
/** On a machine that does much else. */
const LONGEST_MS = 240_000;
const problems: string[] = [];

before(async () => {
  mkdirSync(screenshots, { recursive: true });
  madeUpTraining(join(folder, "tickets"), {
    card: { options: { learningRate: 1e-4 } },
    errors: "row,label,predicted,score,text\n1,good,bad,0.9,fine\n",
    right: {
      ...{ classes: ["bad", "good"], right: [41, 38], columns: ["row", "label", "predicted", "score", "text"] },
      rows: [["4", "good", "good", "0.5100", "barely good"]],
    },
  });
  madeUpTraining(join(folder, "letters"), { card: { options: { learningRate: 2e-4 } } });
  madeUpAudit(join(folder, "audit"));
  study = crisp("study", "--preset", "demo", "--output_dir", "demo");
  if (!noPostgres) await fillDatabase();
  ui = crisp("ui", ".", "--json", ...(postgres ? ["--database", postgres.url] : []));
  address = await new Promise((resolve, reject) => {
    ui.stdout!.setEncoding("utf8").on("data", (line: string) => resolve(JSON.parse(line).url));
    ui.on("exit", () => reject(new Error("crisp ui ended")));
  });
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await opened("");
  await page.goto(address);
  await page.close();
});
after(async () => {
  await browser?.close();
  for (const child of [study, ui]) {
    child.kill("SIGINT");
    if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
  }
  await store?.close();
  await connection?.close();
  postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A study in a PostgreSQL of which one run is done. */
async function fillDatabase(): Promise<void> {
  postgres = await startPostgres();
  connection = await openDatabase({ url: postgres.url });
  store = sqlStore(connection, { checkpoints: folder });
  const header = madeUpHeader(["dense", "sparse"], [1, 2]);
  await store.open({ ...header, command: `crisp study --database ${postgres.url}` });
  const done = (await store.claim("a"))!;
  await store.log(done).append(started, step(1), step(2), evaluated(2, 0.75), { type: "finished", seconds: 1 });
  const figures = { loss: 0.5, figures: { accuracy: 0.75 }, primary: "accuracy", score: 0.75 };
  const runtime = { name: "onnxruntime-node", version: "1", device: "cpu", threads: 2 };
  await store.finish(done, "a", { ...madeUpRun(done.arm, done.seed, 30), figures, figuresSparsityOff: figures, runtime });
}

async function opened(path: string): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  if (path !== "") await page.goto(new URL(path, address).href);
  return page;
}

/** The page of a run that goes on, from the list. */
async function runningRun(): Promise<Page> {
  const page = await opened("/?kind=run+of+a+study&locked=on");
  const link = page.locator("tr:has(.state.running) a").first();
  // the list is fetched again by itself
  await link.waitFor({ timeout: LONGEST_MS });
  await link.click();
  return page;
}

/** Serious findings of axe-core; its own script is run past the policy, as a browser's tools are. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    (
      window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
}

test("the address that was used is good for no other browser", async () => {
  const other = await browser.newContext();
  const page = await other.newPage();
  assert.equal((await page.goto(address))?.status(), 401);
  await other.close();
});

test("the curves of a run move with its log, and a burst of events is drawn whole", async () => {
  const live = join(folder, "live");
  const lock = lockFolder(live, { code: "file/busy", what: "training" });
  const log = join(live, "checkpoints/run.log.jsonl");
  addEvents(log, started, step(1), step(2));
  const page = await opened("/run?path=live");
  const loss = (updates: number) => page.locator(`#curves svg[aria-label^="Loss over ${updates} updates"]`);
  await loss(2).waitFor();
  assert.match(await page.locator("#state").innerText(), /running/);
  for (let at = 3; at <= 52; at++) addEvents(log, step(at));
  await loss(52).waitFor({ timeout: LONGEST_MS });
  await page.screenshot({ path: join(screenshots, "ui-run.png") });
  assert.deepEqual(await findings(page), []);
  // what is behind the end of its log is there once its process has ended
  addEvents(log, { type: "finished", seconds: 9 });
  lock.release();
  await page.locator("#state .finished").waitFor({ timeout: LONGEST_MS });
  await page.close();
});

/** Watches for `ms`: tasks that held the page's thread for more than 50 ms, and the longest time between two frames. */
const watched = (page: Page, ms: number): Promise<{ longestTask: number; longestGap: number }> =>
  page.evaluate(async (duration) => {
    const tasks: number[] = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({
      type: "longtask",
    });
    const start = performance.now();
    let [last, longestGap] = [start, 0];
    while (last - start < duration) {
      const now = await new Promise<number>((resolve) => requestAnimationFrame(() => resolve(performance.now())));
      longestGap = Math.max(longestGap, now - last);
      last = now;
    }
    return { longestTask: Math.max(0, ...tasks), longestGap };
  }, ms);

test("fifty events a second for five seconds hold no page for more than 100 ms, and are all drawn", async (context) => {
  const [earlier, perSecond, seconds] = [700, 50, 5];
  const live = join(folder, "flood");
  const lock = lockFolder(live, { code: "file/busy", what: "training" });
  const log = join(live, "checkpoints/run.log.jsonl");
  // drawn curves are long from the start
  addEvents(log, started, ...Array.from({ length: earlier }, (_, at) => step(at + 1)));
  const still = await opened("/start");
  await still.bringToFront();
  const empty = await watched(still, 2000);
  await still.close();
  const page = await opened("/run?path=flood");
  const loss = (updates: number) => page.locator(`#curves svg[aria-label^="Loss over ${updates} updates"]`);
  await loss(earlier).waitFor({ timeout: LONGEST_MS });
  const watching = watched(page, seconds * 1000);
  const begun = performance.now();
  for (let at = 0; at < perSecond * seconds; at++) {
    // late by one event, it is not late by all
    await new Promise((resolve) => setTimeout(resolve, begun + (at * 1000) / perSecond - performance.now()));
    addEvents(log, step(earlier + 1 + at));
  }
  const took = performance.now() - begun;
  const busy = await watching;
  await loss(earlier + perSecond * seconds).waitFor({ timeout: LONGEST_MS });
  context.diagnostic(`events in ${took.toFixed(0)} ms; page ${JSON.stringify(busy)}, empty page ${JSON.stringify(empty)}`);
  const rule = 100 + empty.longestTask;
  assert.ok(busy.longestTask <= rule, `a task of ${busy.longestTask} ms`);
  lock.release();
  await page.close();
});

test("a study's page fills while it runs, and says nothing of verdicts before the look of its plan", async () => {
  const page = await runningRun();
  studyPage = (await page.locator(".eyebrow a").getAttribute("href"))!;
  await page.goto(new URL(studyPage, address).href);
  await page.locator("a:has(.state.finished)").first().waitFor({ timeout: LONGEST_MS });
  // unless it has ended by now
  const text = await page.locator("#study").innerText();
  if (/time left/.test(text)) assert.match(text, /nothing is judged before it/);
  assert.deepEqual(await findings(page), []);
  await page.screenshot({ path: join(screenshots, "ui-study.png") });
  await page.close();
});

test("the keyboard reaches everything: from the list to the comparison of two runs", async () => {
  const page = await opened("/?text=t&kind=training");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "To the content");
  const boxes = page.locator("input[name=run]");
  assert.equal(await boxes.count(), 2);
  for (const box of await boxes.all()) {
    await box.focus();
    await page.keyboard.press("Space");
  }
  // the list is fetched again meanwhile, and must not undo what was ticked
  await page.waitForTimeout(3500);
  assert.equal(await page.locator("input[name=run]:checked").count(), 2);
  await page.getByRole("button", { name: "Compare" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/compare/);
  assert.match(await page.locator("main").innerText(), /learningRate\s+0\.000[12]\s+0\.000[12]/);
  assert.deepEqual(await findings(page), []);
  await page.close();
});

test("no page is wider than 400 px, and none has serious findings, in light and dark", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const path of [
      "/",
      "/run?path=tickets",
      "/run/answers?path=tickets&label=good&predicted=good",
      studyPage,
      "/start",
      "/try",
      "/audit?path=audit",
      "/audit?path=audit&section=slices",
    ]) {
      const page = await opened(path);
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 400, height: 800 });
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 400, `${path} is too wide`);
      assert.deepEqual(await findings(page), [], `${path}, ${colorScheme}`);
      await page.close();
    }
  }
});

test("a database's study and its runs have their pages, which move, fit a phone and show no password", {
  skip: noPostgres,
}, async () => {
  // one that gives no sign of life for a minute is none that runs
  const claimed = (await store!.claim("b"))!;
  await store!.log(claimed).append(started, step(1));
  const list = await opened("/");
  await list.locator("a", { hasText: "database:made-up" }).first().click();
  await list.waitForURL(/study\?path=database/);
  assert.match(await list.locator("#study").innerText(), /1 of 4/);
  await list.locator("a:has(.state.running)").first().click();
  await list.locator('#curves svg[aria-label^="Loss over 1 update"]').waitFor({ timeout: LONGEST_MS });
  const running = new URL(list.url());
  await store!.log(claimed).append(step(2), step(3));
  await list.locator('#curves svg[aria-label^="Loss over 3 updates"]').waitFor({ timeout: LONGEST_MS });
  await list.close();
  for (const path of [
    "/study?path=database%3Amade-up",
    running.pathname + running.search,
    "/run?path=database%3Amade-up%2Fruns%2Fdense.seed-1",
  ]) {
    const page = await opened(path);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 400, height: 800 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 400, `${path} is too wide`);
    assert.deepEqual(await findings(page), [], path);
    assert.ok(!(await page.content()).includes(PASSWORD), path);
    await page.screenshot({ path: join(screenshots, `ui-database-${path.startsWith("/study") ? "study" : "run"}.png`) });
    await page.close();
  }
});

test("labels are corrected by keyboard, decisions outlive a reload, and are saved as a new file", async () => {
  const page = await opened("/audit?path=audit");
  await page.getByLabel("Decision on line 2").focus();
  await page.keyboard.press("a");
  await page.getByText("1 with another label").waitFor();
  await page.screenshot({ path: join(screenshots, "ui-audit.png") });
  await page.reload();
  assert.equal(await page.getByLabel("Decision on line 2").inputValue(), "label:billing");
  await page.getByRole("button", { name: "Save the corrected data" }).click();
  await page.getByText("crisp train").waitFor();
  const expected = TICKETS.replace('refund?";legal', 'refund?";billing');
  assert.equal(readFileSync(join(folder, "audit/tickets-corrected.csv"), "utf8"), expected);
  assert.deepEqual(await findings(page), []);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 400, height: 800 });
  await page.screenshot({ path: join(screenshots, "ui-audit-400.png") });
  await page.close();
});

test("what is typed is refused or read, in the words of the command line", async () => {
  const page = await opened("/try?path=tickets");
  await page.getByLabel("text", { exact: true }).fill("where is my refund?");
  await page.getByRole("button", { name: "Read it" }).click();
  // a made-up folder holds no model
  await page.locator(".error").waitFor({ timeout: LONGEST_MS });
  assert.match(await page.locator(".error").innerText(), /expected/);
  assert.doesNotMatch(await page.locator(".error").innerText(), /Origin/);
  await page.close();
});

test("the study is stopped from its page as by Ctrl-C", async () => {
  const page = await runningRun();
  // the first one may be done by now
  await page.locator(".eyebrow a").click();
  const ended = new Promise((resolve) => study.once("exit", resolve));
  await page.getByRole("button", { name: /Stop/ }).click();
  assert.equal(await ended, 130);
  await page.reload();
  assert.equal(await page.getByRole("button", { name: /Stop/ }).count(), 0);
  await page.close();
});

test("no page had an error of its script, or broke the policy", () => {
  assert.deepEqual(
    problems.filter((text) => !/status of (401|422)/.test(text)),
    [],
  );
});
