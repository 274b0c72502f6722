import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeFruit, writeTinyVit } from "../../src/runs/tiny-images.fixture.ts";
import { reviews, tinyClassifier } from "../export/saved-models.fixture.ts";
import { trainTaskFolders } from "../export/task-folders.fixture.ts";
import { crisp } from "./command.fixture.ts";
import { atOnce, client, startServe, wrong } from "./serve.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-serve-slow-"));
after(() => rmSync(work, { recursive: true, force: true }));
const folder = join(work, "reviews-model");
let expected: { text: string; label: string; score: number }[];
const rowsOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

before(async () => {
  tinyClassifier("topK(sparsity=0.5)").save(folder, { onnx: false });
  const { stdout, stderr, code } = await crisp(["predict", folder], { input: reviews.join("\n") });
  assert.equal(code, 0, stderr);
  expected = rowsOf(stdout);
});

test("1,000 requests at once are all answered, as predict answers them", async () => {
  const server = await startServe(folder, ["--port", "0"]);
  const { ask, close } = client(server.url);
  const texts = Array.from({ length: 1000 }, (_, at) => reviews[at % reviews.length]);
  let answered = 0;
  const asked = Promise.all(texts.map((text) => ask(text).finally(() => answered++)));
  const { status } = await fetch(new URL("healthz", server.url));
  assert.equal(status, 200);
  assert.ok(answered < 1000, "the model does not keep the server from answering");
  const answers = await asked;
  assert.equal(answers.length, 1000);
  assert.deepEqual(wrong(answers, expected), []);
  assert.ok(
    answers.every(({ tries }) => tries === 1),
    "none was refused",
  );
  const metrics = await (await fetch(new URL("metrics", server.url))).text();
  assert.match(metrics, /^crisp_batch_size_sum 1000$/m);
  const batches = Number(/^crisp_batch_size_count (\d+)$/m.exec(metrics)![1]);
  assert.ok(batches < 200, `${batches} batches`);
  close();
  assert.equal(await server.end("SIGTERM"), 0);
});

test("a server that is killed and started again answers everything that is asked again, and nothing wrong", async () => {
  let server = await startServe(folder, ["--port", "0"]);
  const { port } = new URL(server.url);
  const { ask, close } = client(server.url);
  const texts = Array.from({ length: 2000 }, (_, at) => reviews[at % reviews.length]);
  let answered = 0;
  let restarted: Promise<void> | undefined;
  const restart = async (): Promise<void> => {
    assert.equal(await server.end("SIGKILL"), "SIGKILL");
    server = await startServe(folder, ["--port", port]);
  };
  const answers = await atOnce(texts, 64, async (text) => {
    const answer = await ask(text);
    if (++answered === 300) restarted = restart();
    return answer;
  });
  await restarted;
  assert.deepEqual(wrong(answers, expected), []);
  assert.ok(
    answers.some(({ tries }) => tries > 1),
    "the kill cut some off",
  );
  close();
  assert.equal(await server.end("SIGINT"), 0);
});

test("a folder of each task answers what crisp predict prints of it", async () => {
  const post = async (url: string, body: object) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(new URL("predict", url), { method: "POST", headers, body: JSON.stringify(body) });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text).answers as Record<string, unknown>[];
  };
  const numbersOf = (value: unknown): number[] =>
    typeof value === "number" ? [value] : typeof value === "object" && value ? Object.values(value).flatMap(numbersOf) : [];
  const close = (answers: readonly object[], rows: readonly Record<string, unknown>[], name: string): void =>
    answers.forEach((answer, at) => {
      const said = Object.fromEntries(Object.keys(answer).map((key) => [key, rows[at][key]]));
      const [a, b] = [numbersOf(answer), numbersOf(said)];
      const words = (value: object) => JSON.stringify(value, (_, each) => (typeof each === "number" ? 0 : each));
      assert.equal(words(answer), words(said), name);
      for (const [place, each] of a.entries()) assert.ok(Math.abs(each - b[place]) <= 1e-6, `${name}: ${each} ${b[place]}`);
    });

  for (const { name, folder: trained, model, inputs } of await trainTaskFolders(join(work, "tasks"))) {
    const { text = "text", pair } = model.card.columns ?? {};
    const rows = inputs.map((input) => ({ [text]: input.text, ...(pair && { [pair]: input.pair }) }));
    const file = join(work, "rows.jsonl");
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
    const columns = ["--text_column_name", pair ? `${text},${pair}` : text];
    const printed = await crisp(["predict", trained, file, ...columns]);
    assert.equal(printed.code, 0, `${name}: ${printed.stderr}`);
    const server = await startServe(trained, ["--port", "0"]);
    const answers = await post(server.url, { texts: inputs });
    assert.equal(answers.length, inputs.length);
    close(
      answers.map(({ truncated: _, ...own }) => own),
      rowsOf(printed.stdout),
      name,
    );
    assert.equal(await server.end("SIGTERM"), 0);
  }

  const vit = writeTinyVit(join(work, "vit"));
  const fruit = await writeFruit(join(work, "fruit"), 12);
  const images = join(work, "fruit-model");
  const trained = await crisp(["train", fruit, "--model", vit, "--max_steps", "2", "--no-onnx", "--output_dir", images]);
  assert.equal(trained.code, 0, trained.stderr);
  const paths = ["apple", "berry"].map((name) => join(fruit, name, "0000.png"));
  const printed = await crisp(["predict", images, ...paths]);
  const server = await startServe(images, ["--port", "0"]);
  const base64 = paths.map((path) => readFileSync(path).toString("base64"));
  close(await post(server.url, { images: base64 }), rowsOf(printed.stdout), "images");
  const damaged = await fetch(new URL("predict", server.url), {
    ...{ method: "POST", headers: { "Content-Type": "application/json" } },
    body: JSON.stringify({ images: [base64[0], "AAAA"] }),
  });
  assert.equal(damaged.status, 422);
  assert.match((await damaged.json()).error.message, /^\[1\] /);
  assert.equal(await server.end("SIGTERM"), 0);
});
