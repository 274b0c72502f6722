import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, codeOf } from "../../server/ask.fixture.ts";
import type { Server } from "../../server/index-node.ts";
import { addEvents, evaluated, madeUpStudy, madeUpTraining, step } from "./made-up.fixture.ts";
import { startUi } from "./start-ui.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-ui-test-"));
const folder = join(work, "runs");
const EVIL = '"><script>alert(1)</script>';
const ERRORS = `row,label,predicted,score,text\n1,good,bad,0.9,${EVIL.replaceAll('"', "''")}\n7,good,bad,0.8,fine\n2,bad,good,0.7,poor\n`;
const RIGHT = Array.from({ length: 150 }, (_, at) => [`${at}`, "good", "good", "0.6", at === 0 ? EVIL : `right ${at}`]);
let log: string;
let server: Server;
let cookie: string;
const stop = new AbortController();

before(async () => {
  log = madeUpTraining(join(folder, "team/tickets"), {
    card: { options: { learningRate: 1e-4, api_token: "a secret" }, metrics: { accuracy: 0.75 }, attention: { pattern: EVIL } },
    errors: ERRORS,
    right: { classes: ["bad", "good"], right: [1, 250], columns: ERRORS.split("\n")[0].split(","), rows: RIGHT },
  });
  madeUpTraining(join(folder, "team/letters"), { card: { options: { learningRate: 2e-4 }, attention: { pattern: EVIL } } });
  writeFileSync(join(folder, "team/tickets/report.html"), "<title>report</title>");
  madeUpStudy(join(folder, "study"), { arms: ["dense", "sparse"], seeds: [1, 2, 3, 4, 5] });
  madeUpTraining(join(work, "outside"));
  writeFileSync(join(work, "outside/report.html"), "a secret");
  symlinkSync(join(work, "outside"), join(folder, "link"));
  mkdirSync(join(folder, "half"));
  symlinkSync(join(work, "outside/report.html"), join(folder, "half/report.html"));
  server = await startUi(folder, { port: 0 }, stop.signal);
  cookie = (await ask(server.signInUrl())).headers["set-cookie"]![0].split(";")[0];
});
after(async () => {
  stop.abort();
  await server.stop();
  rmSync(work, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  ask(new URL(path, server.url), { headers: { Cookie: cookie, ...headers } });
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  ask(new URL(path, server.url), {
    ...{ method: "POST", body },
    headers: { Cookie: cookie, "Content-Type": "application/x-www-form-urlencoded", ...headers },
  });

test("nobody sees or changes anything without the cookie of the one-time address, or from another site", async () => {
  for (const path of ["/", "/run?path=team/tickets", "/page.js", "/run/events?path=team/tickets", "/?token=wrong"]) {
    assert.equal((await get(path, { Cookie: "" })).status, 401, path);
    assert.equal((await get(path, { Origin: "http://evil.example" })).status, 403, path);
  }
  for (const path of ["/stop", "/resume", "/start", "/try"]) {
    assert.equal((await post(path, "path=team/tickets", { Cookie: "" })).status, 401, path);
    const foreign = await post(path, "path=team/tickets", { "Sec-Fetch-Site": "cross-site" });
    assert.deepEqual([foreign.status, codeOf(foreign)], [403, "server/foreign-origin"], path);
    assert.equal((await get(path.replace("/try", "/stop").replace("/start", "/stop"))).status, 405, "none is a GET");
  }
});

test("no address leads outside the folder, by a path or by a link", async () => {
  const paths = ["../outside", "link", "team/../../outside", join(work, "outside"), "half", "team/tickets/../../../outside"];
  for (const path of paths)
    for (const page of ["/run", "/run/events", "/run/answers", "/report", "/study", "/try", "/compare"]) {
      const answer = await get(`${page}?${page === "/compare" ? "run" : "path"}=${encodeURIComponent(path)}`);
      assert.equal(answer.status, 404, `${page} ${path}`);
      assert.ok(!answer.text.includes("a secret"));
    }
  for (const body of ["data=../outside/report.html&model=m&output=new", "data=link/report.html&model=m&output=new"])
    assert.equal((await post("/start", body)).status, 404, body);
});

test("nothing is read through a link inside a run or a study", async () => {
  const secret = JSON.stringify({ options: { learningRate: "a secret" }, disagreements: { arms: [] }, arms: [] });
  mkdirSync(join(work, "secrets/runs"), { recursive: true });
  writeFileSync(join(work, "secrets/file.json"), secret);
  const record = { record: { arm: "dense", seed: 1, probabilities: [[1, 0]], labels: [0], seconds: 1 } };
  writeFileSync(join(work, "secrets/runs/dense.seed-1.json"), JSON.stringify(record));
  madeUpTraining(join(folder, "linked/card"));
  symlinkSync(join(work, "secrets/file.json"), join(folder, "linked/card/crisp.json"));
  symlinkSync(join(work, "secrets/file.json"), join(folder, "linked/card/errors.csv"));
  const run = await get("/run?path=linked/card");
  assert.deepEqual([run.status, run.text.includes("a secret")], [200, false]);
  assert.equal((await get("/run/answers?path=linked/card")).status, 404);
  assert.equal((await post("/try", "path=linked/card&text=hello")).status, 404);

  madeUpStudy(join(folder, "linked/study"), { arms: ["dense"], seeds: [1] });
  rmSync(join(folder, "linked/study/runs"), { recursive: true });
  symlinkSync(join(work, "secrets/runs"), join(folder, "linked/study/runs"));
  assert.match((await get("/study?path=linked/study")).text, /0 of 1/);
  assert.equal((await get("/run?path=linked/study/runs/dense.seed-1")).status, 404);

  writeFileSync(join(folder, "linked/crisp.json"), "{}");
  symlinkSync(join(work, "secrets/file.json"), join(folder, "linked/config.json"));
  const tried = await post("/try", "path=linked&text=hello");
  assert.deepEqual([tried.status, /a model folder without links/.test(tried.text)], [422, true]);
});

test("the list has what is inside, filtered, and nothing behind a link", async () => {
  const all = await get("/");
  for (const path of ["team/tickets", "team/letters", "study"]) assert.match(all.text, new RegExp(`class="path"[^>]*>${path}<`));
  assert.ok(!all.text.includes("outside"));
  const some = await get("/?text=LETTERS&kind=training");
  assert.match(some.text, /1 entry/);
  assert.ok(!some.text.includes(">team/tickets<"));
});

test("a run's page has its curves, settings and figures; texts and settings are escaped, and secrets left out", async () => {
  const { text, headers } = await get("/run?path=team/tickets");
  assert.match(text, /aria-label="Loss over 2 updates/);
  assert.match(text, /learningRate<\/th><td class="text-cell">0\.0001/);
  assert.match(text, /interrupted/);
  assert.ok(!text.includes("<script>alert") && text.includes("&lt;script&gt;alert"));
  assert.ok(!text.includes("a secret"));
  assert.match(headers["content-security-policy"] as string, /script-src 'self'/);
  // browsers would send its forms with the Origin null
  assert.match(text, /<meta name="referrer" content="same-origin">/);
  assert.ok(!/<[^>]+ (style|onclick|onload)=/.test(text), "the policy allows no styles and no scripts inside the page");
});

test("cells of the confusion matrix open their texts", async () => {
  const { text } = await get("/run?path=team/tickets");
  const href = /<a href="([^"]*label=good[^"]*)" aria-label="good said to be bad: 2"/.exec(text)![1].replaceAll("&amp;", "&");
  const { text: cell } = await get(href);
  assert.ok(cell.includes("fine") && cell.includes("&lt;script&gt;") && !cell.includes("poor"));
  assert.match(cell, /2 rows of errors\.csv/);
});

test("the diagonal counts all right answers, and opens those that were kept, page by page", async () => {
  const { text } = await get("/run?path=team/tickets");
  const href = /<a href="([^"]*)" aria-label="good said to be good: 250"/.exec(text)![1].replaceAll("&amp;", "&");
  const { text: cell } = await get(href);
  assert.match(cell, /150 rows of right-answers\.json, the least sure first\. The surest are left out .* There were 250\./);
  assert.ok(cell.includes("&lt;script&gt;") && cell.includes("right 99<") && !cell.includes("right 100<"));
  const next = /<a href="([^"]*)">surer →/.exec(cell)![1].replaceAll("&amp;", "&");
  assert.ok((await get(next)).text.includes("right 149<"));
  const all = /<a href="([^"]*)">the 251 right ones/.exec(text)![1].replaceAll("&amp;", "&");
  assert.match((await get(all)).text, /<h1>Right answers<\/h1>.*There were 251\./s);
  // its mistakes are still those of errors.csv
  assert.match((await get("/run/answers?path=team/tickets")).text, /3 rows of errors\.csv/);
});

test("a report is served under a policy of its own, without scripts", async () => {
  const { text, headers } = await get("/report?path=team/tickets");
  assert.equal(text, "<title>report</title>");
  assert.match(headers["content-security-policy"] as string, /^default-src 'none'; style-src 'unsafe-inline'.*sandbox/);
});

test("a study's page has a row an arm, and no verdict before a look of its plan", async () => {
  const { text } = await get("/study?path=study");
  assert.match(text, /0 of 10/);
  assert.match(text, /The next look is planned at 5 seeds; nothing is judged before it/);
  assert.ok(!/class="pill/.test(text));
});

test("a study's run whose result is damaged has a page, and one that is to be replaced is not done", async () => {
  madeUpStudy(join(folder, "damaged"), { arms: ["dense"], seeds: [1] });
  const result = join(folder, "damaged/runs/dense.seed-1.json");
  const page = async () => (await get("/run?path=damaged/runs/dense.seed-1")).text;
  assert.match(await page(), /They come with the end of the run/);
  const answers = [
    [[5], [[1, 0]]],
    [[0], ["ab"]],
    [[0, 1], "ab"],
    [
      [0, 0],
      [[1, 0], [1]],
    ],
  ].map(([labels, probabilities]) => JSON.stringify({ record: { labels, probabilities } }));
  for (const text of ["null", "[]", '{"record":null}', "{", '{"record":{"labels":[1]}}', ...answers]) {
    writeFileSync(result, text);
    assert.match(await page(), /Held-out answers/, text);
  }
  writeFileSync(result, JSON.stringify({ record: { probabilities: [[1, 0]], labels: [0], steps: 7, seconds: 1 } }));
  assert.match(await page(), /state finished.*7 updates.*class 0: 1 of 1 right/s);
  const file = join(folder, "damaged/study.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), replaces: ["dense.seed-1"] }));
  assert.match(await page(), /state waiting.*They come with the end of the run/s);
});

test("compared runs show the settings that differ, and only those", async () => {
  const { text } = await get("/compare?run=team/tickets&run=team/letters");
  const differing = text.slice(text.indexOf("Settings that differ"));
  assert.match(differing, /learningRate<\/th><td class="text-cell">0\.0001<\/td><td class="text-cell">0\.0002/);
  assert.ok(!differing.includes("attention pattern"));
});

test("a run that nobody holds is not stopped, and one that kept no command is not resumed", async () => {
  const stopped = await post("/stop", "path=team/tickets");
  assert.deepEqual(
    [stopped.status, /<p class="error">([^<]*)/.exec(stopped.text)![1].slice(0, 40)],
    [409, "stop: expected a run whose lock names a "],
  );
  assert.equal((await post("/resume", "path=team/tickets")).status, 409);
});

test("new events reach the page of a run as the parts that have changed", async () => {
  const answer = await fetch(new URL("/run/events?path=team/letters", server.url), { headers: { cookie } });
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("event: end")) text += (await reader.read()).value ?? "";
  const [, data] = /event: parts\ndata: (.*)\n/.exec(text)!;
  assert.match(JSON.parse(data).curves, /Loss over 2 updates/);
  addEvents(log, step(3), evaluated(3, 0.8));
  const again = await get("/run?path=team/tickets");
  assert.match(again.text, /Loss over 3 updates/);
});
