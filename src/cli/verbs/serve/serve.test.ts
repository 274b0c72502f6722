import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MAX_LENGTH, reviews, tinyClassifier } from "../../../../test/export/saved-models.fixture.ts";
import { OWN_FILES } from "../../../files/index-node.ts";
import { ask, codeOf } from "../../../server/ask.fixture.ts";
import { type Serving, serving } from "./serving.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-serve-"));
after(() => rmSync(work, { recursive: true, force: true }));
const folder = join(work, "reviews");
const model = tinyClassifier("topK(sparsity=0.5)");
model.save(folder, { onnx: false });

/** One for all tests that need no other options. */
let shared: Serving;
const ends: (() => unknown)[] = [];
after(() => Promise.all(ends.map((end) => end())));
before(async () => {
  shared = await serving(
    { after: (end) => ends.push(end) },
    folder,
    "--max_batch_size",
    "7",
    "--max_texts",
    "64",
    "--max_text_length",
    "5000",
    "--max_body_bytes",
    "20000",
    "--access_log",
  );
});

interface Answer {
  readonly label: string | null;
  readonly score: number;
  readonly truncated?: true;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(new URL("predict", url), {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });
const answersOf = async (url: string, body: unknown): Promise<Answer[]> => {
  const { status, text } = await post(url, body);
  assert.equal(status, 200, text);
  return JSON.parse(text).answers;
};

test("answers are predict's own, whatever they were computed with, and say which texts were cut", async () => {
  const { url } = shared;
  const expected = await model.predict(reviews);
  const check = (answers: readonly Answer[], from: number): void =>
    answers.forEach(({ label, score, truncated }, at) => {
      const [said] = expected[from + at];
      assert.equal(label, said.label);
      assert.ok(Math.abs(score - said.score) <= 1e-6, `${score} ${said.score}`);
      assert.equal(truncated ?? false, model.encodeText(reviews[from + at]).truncated);
    });
  check(await answersOf(url, { texts: reviews }), 0);
  const alone = await Promise.all(reviews.map((text) => answersOf(url, { text })));
  alone.forEach((answers, at) => {
    assert.equal(answers.length, 1);
    check(answers, at);
  });
  assert.ok(
    reviews.some((text) => model.encodeText(text).truncated),
    `${MAX_LENGTH} tokens cut some`,
  );
});

test("pairs are read as pairs", async () => {
  const { url } = shared;
  const pair = { text: reviews[1], pair: reviews[2] };
  const [[said]] = await model.predict([pair]);
  const [answer] = await answersOf(url, pair);
  assert.equal(answer.label, said.label);
  assert.ok(Math.abs(answer.score - said.score) <= 1e-6);
});

test("a label below the threshold is left out, and its score stays", async (t) => {
  const scores = (await model.predict(reviews)).map(([{ score }]) => score).sort((a, b) => a - b);
  const threshold = (scores[9] + scores[10]) / 2;
  const { url } = await serving(t, folder, "--threshold", String(threshold));
  const answers = await answersOf(url, { texts: reviews });
  assert.equal(answers.filter(({ label }) => label === null).length, 10);
  assert.ok(answers.every(({ label, score }) => (label === null) === score < threshold));
});

test("bad bodies are refused with their place, and what asks beside them is answered", async () => {
  const { url } = shared;
  const cases: [unknown, number, RegExp][] = [
    [{ text: "" }, 422, /^the body's text: expected a text that is not empty, got ""\./],
    [{ texts: ["fine", " "] }, 422, /^the body's texts\[1\]: expected a text/],
    [{ texts: [] }, 422, /^the body's texts: expected .*1/],
    [{ texts: new Array(65).fill("a") }, 422, /^the body's texts: expected .*64/],
    [{ text: 7 }, 422, /^the body's text: expected string, got 7\./],
    [{ txt: "a" }, 422, /^the body: expected keys that openapi\.json has, got txt\./],
    ["{", 400, /^the body: expected JSON/],
    [{ text: "x".repeat(5001) }, 422, /^the text: expected at most 5000 characters, got 5001\. Shorten it/],
    [{ texts: ["x".repeat(5000), { text: "a", pair: "x".repeat(5001) }] }, 422, /^\[1\] the text: expected at most 5000 char/],
    [{ text: "x".repeat(20_000) }, 413, /^the request: expected a body of at most 20000 bytes/],
  ];
  const [fine, ...refused] = await Promise.all([answersOf(url, { text: reviews[0] }), ...cases.map(([body]) => post(url, body))]);
  assert.equal(fine.length, 1);
  refused.forEach(({ status, text }, at) => {
    const [body, expected, message] = cases[at];
    assert.equal(status, expected, JSON.stringify(body));
    assert.match(JSON.parse(text).error.message, message);
  });
});

test("a full queue is said, with the time of the next try, and what was taken is answered", async (t) => {
  const { url } = await serving(t, folder, "--max_texts", "4", "--max_queue_size", "4", "--max_wait_ms", "200");
  const texts = reviews.slice(0, 3);
  const [first, second] = await Promise.all([post(url, { texts }), post(url, { texts })]);
  const [taken, refused] = first.status === 200 ? [first, second] : [second, first];
  assert.equal(taken.status, 200);
  assert.deepEqual([refused.status, codeOf(refused), refused.headers["retry-after"]], [503, "serve/busy", "1"]);
});

test("what a client that has gone asked is not computed", async (t) => {
  const { url, printed } = await serving(t, folder, "--max_wait_ms", "2000");
  const figures = async () => (await ask(new URL("metrics", url))).text;
  const gone = new AbortController();
  const headers = { "Content-Type": "application/json" };
  const left = fetch(new URL("predict", url), {
    ...{ method: "POST", body: JSON.stringify({ texts: reviews.slice(0, 3) }), headers, signal: gone.signal },
  });
  const refused = assert.rejects(left, { name: "AbortError" });
  while (!/^crisp_queue_length 3$/m.test(await figures()));
  gone.abort();
  await refused;
  await answersOf(url, { text: reviews[0] });
  const text = await figures();
  assert.match(text, /^crisp_batch_size_sum 1$/m);
  assert.match(text, /^crisp_http_requests_total\{path="\/predict",code="499"\} 1$/m);
  assert.doesNotMatch(printed().stderr, /unexpected/);
});

test("health, readiness, figures and the description are there, and a page that says so", async (t) => {
  const { url } = await serving(t, folder);
  await answersOf(url, { texts: reviews.slice(0, 3) });
  await post(url, "{");
  await ask(new URL("anything-else", url));
  for (const path of ["healthz", "readyz"]) assert.equal((await ask(new URL(path, url))).text, "ok\n");
  const metrics = await ask(new URL("metrics", url));
  assert.match(metrics.headers["content-type"]!, /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'crisp_http_requests_total{path="/predict",code="200"} 1',
    'crisp_http_requests_total{path="/predict",code="400"} 1',
    'crisp_http_requests_total{path="other",code="404"} 1',
    'crisp_http_request_duration_seconds_count{path="/predict"} 2',
    "crisp_batch_size_sum 3",
    "crisp_queue_length 0",
  ])
    assert.ok(metrics.text.split("\n").includes(line), line);
  const page = await ask(url);
  assert.match(page.headers["content-type"]!, /^text\/html/);
  assert.match(page.text, new RegExp(`curl ${url}predict `));
});

test("openapi.json names every endpoint and holds requests and answers to its schemas", async () => {
  const { url } = shared;
  const description = JSON.parse((await ask(new URL("openapi.json", url))).text);
  assert.equal(description.openapi, "3.1.0");
  const models = ["/models", "/models/reviews/predict"];
  assert.deepEqual(Object.keys(description.paths).sort(), [
    "/healthz",
    "/metrics",
    ...models,
    "/openapi.json",
    "/predict",
    "/readyz",
  ]);
  const { post: operation } = description.paths["/predict"];
  const [one, many] = operation.requestBody.content["application/json"].schema.oneOf;
  assert.deepEqual([one.required, one.additionalProperties, many.properties.texts.maxItems], [["text"], false, 64]);
  assert.equal(one.properties.text.maxLength, 5000);
  assert.deepEqual(Object.keys(operation.responses), ["200", "400", "403", "408", "413", "415", "422", "503"]);
  for (const { value } of Object.values<{ value: unknown }>(operation.requestBody.content["application/json"].examples)) {
    const answers = await answersOf(url, value);
    const { required = [], properties } = description.components.schemas.Answers.properties.answers.items;
    for (const answer of answers) for (const key of [...required, ...Object.keys(answer)]) assert.ok(key in properties, key);
  }
});

test("with a token only health and readiness are open, and openapi.json says what to send", async (t) => {
  const token = "of-this-test-only-1234";
  const { url, printed } = await serving(t, folder, "--token", token);
  for (const path of ["", "metrics", "openapi.json"]) assert.equal((await ask(new URL(path, url))).status, 401, path);
  for (const path of ["healthz", "readyz"]) assert.equal((await ask(new URL(path, url))).status, 200, path);
  assert.equal((await post(url, { text: "a" })).status, 401);
  const headers = { Authorization: `Bearer ${token}` };
  assert.equal((await post(url, { text: reviews[0] }, headers)).status, 200);
  const description = JSON.parse((await ask(new URL("openapi.json", url), { headers })).text);
  assert.deepEqual(description.security, [{ token: [] }]);
  const { stdout, stderr } = printed();
  assert.ok(!`${stdout}${stderr}`.includes(token));
});

test("--access_log is a line a request, without the text", async () => {
  const { url, printed } = shared;
  await answersOf(url, { text: reviews[0] });
  const lines = printed()
    .stdout.trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { method, path, status, elapsedMs } = lines.at(-1);
  assert.deepEqual([method, path, status], ["POST", "/predict", 200]);
  assert.ok(elapsedMs > 0);
  assert.ok(!printed().stdout.includes(reviews[0]));
});

test("a signal stops it: what was asked is answered, and the exit code is 0", async (t) => {
  const { url, stop } = await serving(t, folder, "--max_wait_ms", "2000");
  const asked = answersOf(url, { text: reviews[0] });
  while (!/^crisp_queue_length 1$/m.test((await ask(new URL("metrics", url))).text));
  assert.equal(await stop(), 0);
  assert.equal((await asked).length, 1);
  await assert.rejects(ask(url), { code: "ECONNREFUSED" });
});

test("a folder without a list of hashes is served, and a note says that nothing was compared", async (t) => {
  const bare = join(work, "bare");
  cpSync(folder, bare, { recursive: true });
  assert.doesNotMatch(shared.printed().stderr, /taken as they are/);
  rmSync(join(bare, OWN_FILES));
  const { printed } = await serving(t, bare);
  assert.match(printed().stderr, /bare has no \.crisp-files\.json: its files are taken as they are/);
});

test("a folder that is not whole, or no model, and options that mean nothing to it end it before it listens", async (t) => {
  const damaged = join(work, "damaged");
  tinyClassifier("dense").save(damaged, { onnx: false });
  const weights = join(damaged, "model.safetensors");
  const bytes = readFileSync(weights);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(weights, bytes);
  // its time is the one that was noted, so that only its hash tells
  const list = join(damaged, OWN_FILES);
  const files = JSON.parse(readFileSync(list, "utf8"));
  files["model.safetensors"].mtimeMs = statSync(weights).mtimeMs;
  writeFileSync(list, JSON.stringify(files));
  await assert.rejects(serving(t, damaged), /file\/changed/);
  await assert.rejects(serving(t, work), /model/);
  await assert.rejects(serving(t, folder, "--threshold", "0"), /expected a probability in \(0, 1\], got 0/);
  await assert.rejects(serving(t, folder, "--host", "0.0.0.0"), /server\/needs-token/);
  await assert.rejects(serving(t, folder, "--max_texts", "9", "--max_queue_size", "8"), /--max_queue_size: expected at least/);
});
