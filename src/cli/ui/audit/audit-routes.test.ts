import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { ask } from "../../../server/ask.fixture.ts";
import type { Server } from "../../../server/index-node.ts";
import { startUi } from "../start-ui.ts";
import { madeUpAudit, TICKETS } from "./made-up-audit.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "crisp-ui-audit-"));
const audit = join(folder, "audit");
const stop = new AbortController();
let server: Server;
let cookie: string;

before(async () => {
  madeUpAudit(audit);
  server = await startUi(folder, { port: 0 }, stop.signal);
  cookie = (await ask(server.signInUrl())).headers["set-cookie"]![0].split(";")[0];
});
after(async () => {
  stop.abort();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string) => ask(new URL(path, server.url), { headers: { Cookie: cookie } });
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  ask(new URL(path, server.url), {
    ...{ method: "POST", body },
    headers: { Cookie: cookie, "Content-Type": "application/x-www-form-urlencoded", ...headers },
  });

test("audits are listed, and each of their sections is a page in which nothing of the data is markup", async () => {
  assert.match((await get("/?kind=audit")).text, /href="\/audit\?path=audit"/);
  for (const [section, expected] of [
    ["errors", /where; is my refund\?[\s\S]*accept: billing/],
    ["duplicates", /the same as line 4/],
    ["outliers", /distance 0\.900/],
    ["next", /invoice/],
    ["slices", /does badly/],
  ] as const) {
    const { text } = await get(`/audit?path=audit&section=${section}`);
    assert.match(text, expected);
    assert.ok(!text.includes("<b>other"));
  }
});

test("without corrections nothing is saved", async () => {
  const answer = await post("/audit/save", "path=audit&name=none.csv");
  assert.equal(answer.status, 422);
  assert.ok(!existsSync(join(audit, "none.csv")));
});

test("decisions are kept, taken back, and refused for lines and classes that the audit does not have", async () => {
  assert.equal((await post("/audit/decide", "path=audit&line-2=label:billing&line-5=right&line-6=out")).status, 303);
  for (const bad of ["line-3=label:nobody", "line-99=out", "line-3=wrong"])
    assert.equal((await post("/audit/decide", `path=audit&line-2=out&${bad}`)).status, 422, bad);
  assert.match((await get("/audit?path=audit")).text, /<option value="label:billing" selected>/);
  assert.match((await get("/audit?path=audit")).text, /1 with another label, 1 left out, 1 right/);
  await post("/audit/decide", "path=audit&line-5=");
  assert.match((await get("/audit?path=audit")).text, /1 with another label, 1 left out, 0 right/);
});

test("the corrected data are a new file, never over another one, and the page shows how to train on it", async () => {
  for (const name of ["../tickets.csv", "tickets.tsv", ".csv", "a/b.csv", ""])
    assert.equal((await post("/audit/save", `path=audit&name=${encodeURIComponent(name)}`)).status, 422, name);
  const saved = await post("/audit/save", "path=audit&name=new.csv");
  assert.equal(saved.status, 303);
  const expected =
    'id;text;team\n1;"where; is my refund?";billing\n2;refund please;billing\n3;sue you;legal\n4;Sue you.;billing\n';
  assert.equal(readFileSync(join(audit, "new.csv"), "utf8"), expected);
  assert.equal(readFileSync(join(folder, "tickets.csv"), "utf8"), TICKETS);
  const page = await get(saved.headers.location!);
  assert.match(page.text, /crisp train \.\/audit\/new\.csv --model=encoder --text_column_name=text --label_column_name=team/);
  writeFileSync(join(audit, "new.csv"), "mine");
  assert.equal((await post("/audit/save", "path=audit&name=new.csv")).status, 422);
  assert.equal(readFileSync(join(audit, "new.csv"), "utf8"), "mine");
});

test("nobody decides or saves from another site, without the cookie, or by a GET", async () => {
  const files = readdirSync(audit);
  for (const path of ["/audit/decide", "/audit/save"]) {
    const body = "path=audit&line-2=out&name=evil.csv";
    assert.equal((await post(path, body, { Cookie: "" })).status, 401);
    assert.equal((await post(path, body, { "Sec-Fetch-Site": "cross-site" })).status, 403);
    assert.equal((await get(`${path}?${body}`)).status, 405);
  }
  assert.deepEqual(readdirSync(audit), files);
});

test("an audit whose data have changed, or lie outside the folder, is shown and refuses decisions", async () => {
  writeFileSync(join(folder, "tickets.csv"), `${TICKETS}6;new;legal\n`);
  assert.match((await get("/audit?path=audit")).text, /got one that has changed since/);
  for (const [path, body] of [
    ["/audit/decide", "line-2=out"],
    ["/audit/save", "name=late.csv"],
  ])
    assert.equal((await post(path, `path=audit&${body}`)).status, 409);
  assert.ok(!existsSync(join(audit, "late.csv")));
  const file = join(audit, "audit.json");
  writeFileSync(file, readFileSync(file, "utf8").replace("../tickets.csv", "../../"));
  assert.match((await get("/audit?path=audit")).text, /outside the folder of crisp ui/);
});

test("the train command of a saved file names both columns of a pair", async () => {
  const pairs = join(folder, "pairs");
  madeUpAudit(join(pairs, "audit"));
  const file = join(pairs, "audit/audit.json");
  const { columns, ...rest } = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...rest, columns: { ...columns, pair: "id" } }));
  await post("/audit/decide", "path=pairs/audit&line-6=out");
  const saved = await post("/audit/save", "path=pairs/audit&name=new.csv");
  assert.match((await get(saved.headers.location!)).text, /--text_column_name=text,id /);
});

/** Says of an audit in a folder of its own what its file has for columns. */
function madeUpIn(name: string, data: string, bytes: Uint8Array, columns?: object): void {
  madeUpAudit(join(folder, name, "audit"), data, bytes);
  if (!columns) return;
  const file = join(folder, name, "audit/audit.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), columns }));
}

test("both rows of a pair can be corrected, and a row that is in two pairs has one field", async () => {
  const pairs = join(folder, "two-pairs/audit");
  madeUpAudit(pairs);
  const file = join(pairs, "audit.json");
  const found = JSON.parse(readFileSync(file, "utf8"));
  const [{ of, equal, ...later }] = found.nearDuplicates;
  found.nearDuplicates.push({ ...later, row: 1, line: 3, text: "sue me", of, equal: false });
  writeFileSync(file, JSON.stringify(found));
  const place = "/audit?path=two-pairs/audit&section=duplicates";
  const { text } = await get(place);
  assert.deepEqual(
    [...text.matchAll(/<select id="line-\d+" name="(line-\d+)"[^>]*data-accept="([^"]*)"/g)].map(([, ...field]) => field),
    [
      ["line-4", "label:billing"],
      ["line-5", "label:legal"],
      ["line-3", "label:legal"],
    ],
  );
  assert.match(text, /<a href="#line-4">line 4 is decided above<\/a>/);
  assert.equal((await post("/audit/decide", "path=two-pairs/audit&line-4=label:billing")).status, 303);
  assert.match(
    (await get(place)).text,
    /id="line-4"[^>]*>\s*<option value="">undecided<\/option><option value="label:billing" selected>/,
  );
  assert.equal((await post("/audit/save", "path=two-pairs/audit&name=new.csv")).status, 303);
  assert.equal(readFileSync(join(pairs, "new.csv"), "utf8"), TICKETS.replace("3;sue you;legal", "3;sue you;billing"));
});

test("gzip is saved as a new gzip, never over another file", async () => {
  madeUpIn("packed", "tickets.csv.gz", gzipSync(TICKETS));
  assert.match((await get("/audit?path=packed/audit")).text, /name="name" value="tickets-corrected\.csv\.gz"/);
  await post("/audit/decide", "path=packed/audit&line-2=label:billing&line-6=out");
  for (const name of ["new.csv", "new.gz", "new.tsv.gz", "../new.csv.gz"])
    assert.equal((await post("/audit/save", `path=packed/audit&name=${name}`)).status, 422, name);
  const saved = await post("/audit/save", "path=packed/audit&name=new.csv.gz");
  assert.equal(saved.status, 303);
  assert.match((await get(saved.headers.location!)).text, /crisp train \.\/packed\/audit\/new\.csv\.gz /);
  const written = readFileSync(join(folder, "packed/audit/new.csv.gz"));
  assert.equal(
    gunzipSync(written).toString(),
    TICKETS.replace('refund?";legal', 'refund?";billing').replace("5;§§§;legal\n", ""),
  );
  assert.equal((await post("/audit/save", "path=packed/audit&name=new.csv.gz")).status, 422);
  assert.deepEqual(readFileSync(join(folder, "packed/audit/new.csv.gz")), written);
  writeFileSync(join(folder, "packed/tickets.csv.gz"), gzipSync(`${TICKETS}6;new;legal\n`));
  assert.equal((await post("/audit/save", "path=packed/audit&name=late.csv.gz")).status, 409);
  assert.deepEqual(readdirSync(join(folder, "packed/audit")).sort().at(-1), "new.csv.gz");
});

test("Parquet is saved as JSONL, and what JSON has no value for is refused and leaves no file", async () => {
  const fixture = (name: string) =>
    readFileSync(fileURLToPath(new URL(`../../../../test/fixtures/data/${name}`, import.meta.url)));
  const words = JSON.parse(fixture("rows.json").toString()).words;
  madeUpIn("columns", "words.parquet", fixture("words.parquet"), { text: "text", label: "label" });
  const { text } = await get("/audit?path=columns/audit");
  assert.match(text, /name="name" value="words-corrected\.jsonl"/);
  assert.match(text, /saved as JSONL, with all its columns/);
  await post("/audit/decide", "path=columns/audit&line-2=label:billing&line-6=out");
  assert.equal((await post("/audit/save", "path=columns/audit&name=new.parquet")).status, 422);
  assert.equal((await post("/audit/save", "path=columns/audit&name=new.jsonl")).status, 303);
  const lines = readFileSync(join(folder, "columns/audit/new.jsonl"), "utf8").trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    words.with(1, { ...words[1], label: words[2].label }).toSpliced(5, 1),
  );

  madeUpIn("images", "images.parquet", fixture("images.parquet"), { text: "label", label: "label" });
  await post("/audit/decide", "path=images/audit&line-2=out");
  const refused = await post("/audit/save", "path=images/audit&name=new.jsonl");
  assert.equal(refused.status, 422);
  assert.match(refused.text, /got bytes\. Write the file again without that column, and audit that one\./);
  assert.deepEqual(
    readdirSync(join(folder, "images/audit")).filter((name) => !/^(audit|decisions.*)\.json$/.test(name)),
    [],
  );
});
