import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { writeOwnFiles } from "../../src/files/index-node.ts";
import { downloadModel, type PushProgress, pushFolder } from "../../src/hub/index-node.ts";
import { hubWorld, noise } from "./hub-world.fixture.ts";

const TOKEN = "hf_writer";
const env = { HF_TOKEN: TOKEN };
const tokens = { [TOKEN]: "*", hf_reader: [] } as const;
/** Enough for several pieces of a stream. */
const weights = noise(300_000, "pushed");

/** A folder as crisp train leaves it. */
function modelFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "crisp-push-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "onnx"));
  for (const name of ["checkpoints", "tensorboard"]) mkdirSync(join(folder, name));
  const files = {
    "config.json": "{}\n",
    "model.safetensors": weights,
    "README.md": "# Model\n",
    "onnx/model.onnx": noise(20_000, "onnx"),
    "checkpoints/step-10.crisp": noise(1000),
    "tensorboard/events.out.tfevents.1": "/home/ada/model",
    "errors.csv": "text\nmy own letter\n",
    "right-answers.json": '{"rows":[["my own letter"]]}',
    "report.html": "<p>my own letter</p>\n",
    ".config.json.12-abcdef01.tmp": "{",
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

const SENT = ["README.md", "config.json", "model.safetensors", "onnx/model.onnx"];

test("a folder becomes one commit of a new repository, without checkpoints and the user's texts", async (context) => {
  const { server, settings } = await hubWorld(context, { tokens }, env);
  const seen: PushProgress[] = [];
  const pushed = await pushFolder(modelFolder(context), "ada/new", { settings, onProgress: (progress) => seen.push(progress) });
  const repo = server.repos.get("models/ada/new")!;
  assert.deepEqual(pushed, { url: `${server.url}/ada/new`, commit: repo.branches.get("main"), files: SENT });
  assert.deepEqual(repo.paths(pushed.commit).sort(), SENT);
  assert.deepEqual(repo.file(pushed.commit, "model.safetensors")!.bytes, weights);
  assert.ok(repo.file(pushed.commit, "model.safetensors")!.sha256, "weights are in LFS");
  assert.equal(repo.file(pushed.commit, "config.json")!.sha256, undefined);
  assert.ok(seen.some(({ file, share, phase }) => file === "model.safetensors" && share === 1 && phase === "uploading"));
});

test("what was pushed can be downloaded", async (context) => {
  const { settings } = await hubWorld(context, { tokens }, env);
  const { commit } = await pushFolder(modelFolder(context), "ada/new", { settings, private: true });
  assert.equal((await downloadModel("ada/new", { settings })).split("/").at(-1), commit);
});

test("a second push is a second commit, and sends no large file again", async (context) => {
  const { server, settings } = await hubWorld(context, { tokens }, env);
  const folder = modelFolder(context);
  const first = await pushFolder(folder, "ada/new", { settings });
  const puts = () => server.requests.filter(({ method }) => method === "PUT").length;
  assert.equal(puts(), 2);
  writeFileSync(join(folder, "README.md"), "# Better\n");
  const second = await pushFolder(folder, "ada/new", { settings });
  assert.notEqual(second.commit, first.commit);
  assert.equal(puts(), 2);
});

test("a folder that Crisp saved goes as it was saved, but its card is anybody's to edit", async (context) => {
  const { settings } = await hubWorld(context, { tokens }, env);
  const folder = mkdtempSync(join(tmpdir(), "crisp-push-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const bytes = (text: string) => [new TextEncoder().encode(text)];
  writeOwnFiles(folder, new Map(["config.json", "README.md", "errors.csv"].map((name) => [name, bytes(name)])));
  writeFileSync(join(folder, "README.md"), "# Better\n");
  rmSync(join(folder, "errors.csv"));
  assert.deepEqual((await pushFolder(folder, "ada/new", { settings })).files, ["README.md", "config.json"]);
  const { atime, mtime } = statSync(join(folder, "config.json"));
  writeFileSync(join(folder, "config.json"), "config.JSON");
  utimesSync(join(folder, "config.json"), atime, mtime);
  await assert.rejects(pushFolder(folder, "ada/new", { settings }), { code: "file/changed", message: /config\.json/ });
});

test("a branch is made, and main stays as it was", async (context) => {
  const { server, settings } = await hubWorld(context, { tokens }, env);
  const folder = modelFolder(context);
  const { commit } = await pushFolder(folder, "ada/new", { settings });
  for (let push = 1; push <= 2; push++) {
    const { url } = await pushFolder(folder, "ada/new", { settings, branch: "trial" });
    assert.equal(url, `${server.url}/ada/new/tree/trial`);
  }
  const { branches } = server.repos.get("models/ada/new")!;
  assert.equal(branches.get("main"), commit);
  assert.notEqual(branches.get("trial"), commit);
});

test("--private makes a private repository, and refuses one that is public", async (context) => {
  const { server, settings } = await hubWorld(context, { tokens }, env);
  const folder = modelFolder(context);
  await pushFolder(folder, "ada/secret", { settings, private: true });
  assert.equal(server.repos.get("models/ada/secret")!.spec.private, true);
  await pushFolder(folder, "ada/secret", { settings, private: true });
  await pushFolder(folder, "ada/open", { settings });
  await assert.rejects(pushFolder(folder, "ada/open", { settings, private: true }), {
    code: "hub/not-private",
    message: /^ada\/open: expected a private repository, got one that exists and is public\./,
  });
});

test("a push sends the token even where downloads do without it", async (context) => {
  const { server, settings } = await hubWorld(context, { tokens }, { ...env, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" });
  await pushFolder(modelFolder(context), "ada/new", { settings });
  assert.ok(server.repos.has("models/ada/new"));
});

test("a push continues after 503 and 429", async (context) => {
  const { server, settings, waits } = await hubWorld(context, { tokens }, env);
  server.faults.push({ kind: "status", path: "/commit/", status: 503, times: 1 });
  server.faults.push({ kind: "status", path: "/preupload/", status: 429, retryAfter: "3", times: 1 });
  await pushFolder(modelFolder(context), "ada/new", { settings });
  assert.deepEqual(waits, [3000, 1000]);
});

test("a folder without config.json, a missing token, and one that may not write are refused plainly", async (context) => {
  const { server, settings } = await hubWorld(context, { tokens }, env);
  const folder = modelFolder(context);
  const push = (changed: object, id = "ada/new", from = folder) =>
    pushFolder(from, id, { settings: { ...settings, ...changed } });
  await assert.rejects(push({}, "ada/new", join(folder, "onnx")), {
    code: "hub/nothing-to-push",
    message: /expected a model folder with a config\.json, got none/,
  });
  await assert.rejects(push({}, "ada/new", join(folder, "nowhere")), {
    code: "hub/nothing-to-push",
    message: /got no such folder/,
  });
  await assert.rejects(push({ token: undefined }), {
    code: "hub/no-token",
    message: /expected a token, got none\. Make one that may write .* HF_TOKEN/,
  });
  await assert.rejects(push({ offline: true }), { code: "hub/offline" });
  await assert.rejects(push({}, "new"), { code: "hub/bad-name" });
  assert.deepEqual(server.requests, []);
  await assert.rejects(push({ token: "hf_reader" }), {
    code: "hub/forbidden",
    message: /expected a token that may do this, got 403: You don't have the rights/,
  });
});

test("crisp push uploads a folder and says where it is", async (context) => {
  const { server, home } = await hubWorld(context, { tokens }, env);
  const folder = modelFolder(context);
  const main = join(import.meta.dirname, "../../src/cli/main.ts");
  const environment = { ...process.env, HF_HOME: home, HF_ENDPOINT: server.url, HF_TOKEN: TOKEN, NO_COLOR: "1" };
  const child = spawn(process.execPath, [main, "push", folder, "ada/new", "--private", "--revision", "trial"], {
    env: environment,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(code, 0, stderr);
  const commit = server.repos.get("models/ada/new")!.branches.get("trial")!;
  assert.ok(stdout.endsWith(`to ${server.url}/ada/new/tree/trial (4 files, commit ${commit.slice(0, 7)})\n`), stdout);
  assert.match(stderr, /uploading: 100 % {2}4\/4/);
  assert.equal(server.repos.get("models/ada/new")!.spec.private, true);
});
