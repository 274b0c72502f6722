import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { downloadModel, hubSettings } from "../../src/hub/index-node.ts";
import { hubWorld, MODEL, modelFiles, noise } from "./hub-world.fixture.ts";
import { assertCacheIsRight } from "./right-cache.fixture.ts";

const TOKEN = "hf_secret";
const gated = {
  repos: [{ type: "model", id: MODEL, files: modelFiles(), gated: true }],
  tokens: { [TOKEN]: [MODEL], hf_other: [] },
} as const;

test("the token goes to the hub with every request, and to the second origin never", async (context) => {
  const { model, server } = await hubWorld(context, gated, { HF_TOKEN: TOKEN });
  server.faults.push({ kind: "cut", path: "model.safetensors", afterBytes: 100_000, times: 2 });
  await model();
  const sent = (origin: string) =>
    server.requests.filter((request) => request.origin === origin).map(({ headers }) => headers.authorization);
  assert.deepEqual([...new Set(sent("hub"))], [`Bearer ${TOKEN}`]);
  assert.deepEqual(sent("cdn"), [undefined, undefined, undefined]);
});

test("a repository under its old name is found through the hub's own redirect, with the token", async (context) => {
  const { server, settings } = await hubWorld(context, { ...gated, moved: { "old/name": MODEL } }, { HF_TOKEN: TOKEN });
  const folder = await downloadModel("old/name", { settings: { ...settings, token: TOKEN } });
  assert.ok(readdirSync(folder).includes("model.safetensors"));
  assert.ok(server.requests.some(({ url }) => url.includes("old/name")));
  const onHub = server.requests.filter(({ origin }) => origin === "hub");
  assert.deepEqual([...new Set(onHub.map(({ headers }) => headers.authorization))], [`Bearer ${TOKEN}`]);
});

test("HF_HUB_DISABLE_IMPLICIT_TOKEN downloads without the token", async (context) => {
  const { model, server } = await hubWorld(
    context,
    { tokens: { [TOKEN]: [] } },
    { HF_TOKEN: TOKEN, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" },
  );
  await model();
  assert.deepEqual([...new Set(server.requests.map(({ headers }) => headers.authorization))], [undefined]);
});

test("the token of the file is used, and HF_TOKEN before it", async (context) => {
  const { server, home } = await hubWorld(context, gated);
  writeFileSync(join(home, "token"), `${TOKEN}\n`);
  const env = { HF_HOME: home, HF_ENDPOINT: server.url };
  await downloadModel(MODEL, { settings: hubSettings(env) });
  assert.equal(server.requests.at(0)!.headers.authorization, `Bearer ${TOKEN}`);
  await downloadModel(MODEL, { settings: hubSettings({ ...env, HF_TOKEN: " hf_other " }) });
  assert.equal(server.requests.at(-1)!.headers.authorization, "Bearer hf_other");
});

for (const [what, options, env, code, message] of [
  [
    "a gated model without a token",
    gated,
    {},
    "hub/gated",
    /^ada\/tiny: expected access to this model, got 401: it is gated\. Ask for access at http:.*\/ada\/tiny, then set HF_TOKEN/,
  ],
  [
    "a gated model with a token that is not on its list",
    gated,
    { HF_TOKEN: "hf_other" },
    "hub/gated",
    /got 403: it is gated\. Ask for access at .* with the account that your token belongs to\.$/,
  ],
  [
    "a token that the hub does not know",
    gated,
    { HF_TOKEN: "hf_old" },
    "hub/bad-token",
    /expected a token that the hub knows, got 401: Invalid credentials/,
  ],
  [
    "a missing model without a token",
    { repos: [] },
    {},
    "hub/no-repository",
    /^ada\/tiny: expected a model of this name at http.*, got 401: no such repository\. Check the spelling; a private one needs a token: set HF_TOKEN/,
  ],
  [
    "a missing model with a token",
    { repos: [], tokens: { [TOKEN]: "*" } },
    { HF_TOKEN: TOKEN },
    "hub/no-repository",
    /got 404: no such repository\. Check the spelling; a private one needs a token of an account that may read it/,
  ],
  [
    "a private model without a token",
    { repos: [{ type: "model", id: MODEL, files: modelFiles(), private: true }] },
    {},
    "hub/no-repository",
    /a private one needs a token/,
  ],
] as const) {
  test(`${what} is one plain line`, async (context) => {
    const { model, cache, waits } = await hubWorld(context, options as Parameters<typeof hubWorld>[1], env);
    await assert.rejects(model(), { code, message });
    assert.deepEqual([waits, assertCacheIsRight(cache)], [[], []]);
  });
}

test("a revision that does not exist is told apart from a repository", async (context) => {
  const { model } = await hubWorld(context);
  await assert.rejects(model({ revision: "v9" }), {
    code: "hub/no-revision",
    message: /^ada\/tiny: expected a branch, tag or commit that exists, got v9\. See http.*\/ada\/tiny\/tree\/main\.$/,
  });
});

test("a file that is listed and yet not there is told apart from a revision", async (context) => {
  const { model, server } = await hubWorld(context);
  const repo = server.repos.get(`models/${MODEL}`)!;
  const file = repo.file.bind(repo);
  repo.file = (commit, path) => (path === "vocab.txt" ? undefined : file(commit, path));
  await assert.rejects(model(), {
    code: "hub/no-file",
    message: /^ada\/tiny: expected the file vocab\.txt, got 404: no such file/,
  });
});

for (const [name, files, code, message] of [
  [
    "no config.json",
    { "README.md": "x" },
    "hub/no-config",
    /expected a config\.json, got none\. Is it a model of the Transformers library\? See http/,
  ],
  [
    "only pytorch_model.bin",
    { "config.json": "{}", "pytorch_model.bin": "x" },
    "hub/no-safetensors",
    /expected a model\.safetensors, got only pytorch_model\.bin\. Fetch and convert it once: hf download ada\/tiny .*save_file/,
  ],
  ["no weights", { "config.json": "{}" }, "hub/no-safetensors", /got no weights\. Choose another model/],
  [
    "an index without parts",
    { "config.json": "{}", "model.safetensors.index.json": "{}" },
    "hub/bad-index",
    /expected names of parts of the weights beside it under weight_map, got none/,
  ],
  [
    "an index that points outside its folder",
    { "config.json": "{}", "model.safetensors.index.json": '{"weight_map":{"a":"../../../etc/passwd"}}' },
    "hub/bad-index",
    /expected names of parts of the weights beside it under weight_map, got none, or paths/,
  ],
] as const) {
  test(`a model with ${name} says what to do`, async (context) => {
    const { model } = await hubWorld(context, { repos: [{ type: "model", id: MODEL, files }] });
    await assert.rejects(model(), { code, message });
  });
}

test("weights in parts are downloaded by their index", async (context) => {
  const parts = { "a.weight": "model-00001-of-00002.safetensors", "b.weight": "model-00002-of-00002.safetensors" };
  const files = {
    "config.json": "{}",
    "model.safetensors.index.json": JSON.stringify({ weight_map: parts }),
    [parts["a.weight"]]: noise(5000, "a"),
    [parts["b.weight"]]: noise(5000, "b"),
    "model-00001-of-00009.safetensors": noise(5000, "of another save"),
  };
  const { model } = await hubWorld(context, { repos: [{ type: "model", id: MODEL, files }] });
  const found = readdirSync(await model()).sort();
  assert.deepEqual(found, ["config.json", parts["a.weight"], parts["b.weight"], "model.safetensors.index.json"]);
});

test("offline with a filled cache there is no request", async (context) => {
  const { model, server } = await hubWorld(context);
  const folder = await model();
  server.requests.length = 0;
  assert.equal(await model({}, { offline: true }), folder);
  assert.deepEqual(server.requests, []);
});

test("offline with an empty cache the error says what is missing and how to get it", async (context) => {
  const { model, server, cache } = await hubWorld(context);
  await assert.rejects(model({}, { offline: true }), {
    code: "hub/not-cached",
    message: `ada/tiny: expected config.json, model.safetensors and tokenizer.json of revision main in the cache ${cache}, got nothing, and HF_HUB_OFFLINE is set. Run it once without HF_HUB_OFFLINE, or fetch it with Python: hf download ada/tiny, or copy ${cache} from a machine that has it.`,
  });
  assert.deepEqual(server.requests, []);
});

test("offline with a file missing from the cache the error names the file", async (context) => {
  const { model } = await hubWorld(context);
  rmSync(join(await model(), "model.safetensors"));
  await assert.rejects(model({}, { offline: true }), {
    code: "hub/not-cached",
    message: /expected model\.safetensors in the cache/,
  });
});

test("a warm cache takes one request for a branch and none for a commit", async (context) => {
  const { model, server } = await hubWorld(context);
  const folder = await model();
  server.requests.length = 0;
  assert.equal(await model(), folder);
  assert.deepEqual(
    server.requests.map(({ url }) => url.split("?")[0]),
    ["/api/models/ada/tiny/revision/main"],
  );
  server.requests.length = 0;
  assert.equal(await model({ revision: folder.split("/").at(-1) }), folder);
  assert.deepEqual(server.requests, []);
});

test("a warm cache is used at once, with a note, when the hub is gone or has trouble", async (context) => {
  const { model, server, notes, waits } = await hubWorld(context);
  const folder = await model();
  server.faults.push({ kind: "status", path: "/api", status: 503 });
  assert.equal(await model(), folder);
  assert.match(notes[0], /got 503.* Using the cached main of ada\/tiny \([0-9a-f]{7}\)\.$/);
  await server.close();
  assert.equal(await model(), folder);
  assert.match(notes[1], /^ada\/tiny: expected an answer from http.* Using the cached main/);
  assert.deepEqual(waits, []);
});

test("with a hub that has trouble and a cache that lacks a file, the hub is asked again with patience", async (context) => {
  const { model, server, waits } = await hubWorld(context);
  const folder = await model();
  rmSync(join(folder, "model.safetensors"));
  server.faults.push({ kind: "status", path: "/api", status: 503, times: 3 });
  assert.equal(await model(), folder);
  assert.deepEqual(waits, [1000, 2000]);
});

test("a revision that is gone from the hub is an error though it is cached, as in Python", async (context) => {
  const { model, server } = await hubWorld(context);
  server.repos.get(`models/${MODEL}`)!.branches.set("side", server.repos.get(`models/${MODEL}`)!.branches.get("main")!);
  await model({ revision: "side" });
  server.repos.get(`models/${MODEL}`)!.branches.delete("side");
  await assert.rejects(model({ revision: "side" }), { code: "hub/no-revision" });
});

test("a branch with a slash has a ref in a folder", async (context) => {
  const { model, server, cache } = await hubWorld(context);
  const repo = server.repos.get(`models/${MODEL}`)!;
  repo.branches.set("refs/pr/1", repo.branches.get("main")!);
  await model({ revision: "refs/pr/1" });
  assert.deepEqual(readdirSync(join(cache, "models--ada--tiny/refs/refs/pr")), ["1"]);
});

test("names, revisions and listed paths that would leave the cache are refused", async (context) => {
  const { model, settings, server, cache } = await hubWorld(context);
  for (const id of ["../up", "a/b/c", "a--b", "a/..", ""])
    await assert.rejects(downloadModel(id, { settings }), { code: "hub/bad-name" });
  await assert.rejects(model({ revision: "../../x" }), { code: "hub/bad-name" });
  const repo = server.repos.get(`models/${MODEL}`)!;
  repo.commit({ "../../evil.txt": "x" });
  await assert.rejects(model(), { code: "hub/not-a-hub", message: /got the path \.\.\/\.\.\/evil\.txt/ });
  assert.deepEqual(assertCacheIsRight(cache), []);
});

test("sizes and hashes that are none, and answers that are no JSON, are no hub's", async (context) => {
  const { model, server, settings } = await hubWorld(context);
  const repo = server.repos.get(`models/${MODEL}`)!;
  const { tree, info } = repo;
  const listed = (changed: object): void =>
    void Object.assign(repo, {
      tree: (commit: string, from: number) => {
        const [entries, next] = tree(commit, from);
        return [(entries as { path: string }[]).map((each) => ({ ...each, ...(each.path === "config.json" && changed) })), next];
      },
    });
  const refused = (message: RegExp) => assert.rejects(model(), { code: "hub/not-a-hub", message });
  for (const size of [-1, 0.5, "9", null]) {
    listed({ size });
    await refused(/got the size of config\.json: /);
  }
  listed({ lfs: { oid: "a".repeat(64), size: -1 } });
  await refused(/got the size of config\.json: \d+,-1/);
  for (const oid of ["a", 7, undefined]) {
    listed({ oid });
    await refused(/got the hash of config\.json/);
  }
  Object.assign(repo, { tree, info: () => ({ sha: "../../x" }) });
  await refused(/got the commit \.\.\/\.\.\/x\. Is HF_ENDPOINT the address of a hub\?/);
  Object.assign(repo, { info });
  const portal = createServer((_, response) => response.end("<html>Please log in</html>"));
  await new Promise<void>((resolve) => portal.listen(0, "127.0.0.1", resolve));
  context.after(() => portal.close());
  const endpoint = `http://127.0.0.1:${(portal.address() as AddressInfo).port}`;
  await assert.rejects(downloadModel(MODEL, { settings: { ...settings, endpoint } }), {
    code: "hub/not-a-hub",
    message: /^ada\/tiny: expected an answer of a hub from http:\S+, got something that is no JSON\. Is HF_ENDPOINT/,
  });
});

test("a cache that cannot be written is one clear error", async (context) => {
  const { model, home } = await hubWorld(context);
  mkdirSync(join(home, "hub"), { recursive: true });
  writeFileSync(join(home, "hub/models--ada--tiny"), "a file where the folder should be");
  await assert.rejects(model(), {
    code: "hub/not-writable",
    message: /expected a cache that can be written, .*, got E[A-Z]+\. Let HF_HOME/,
  });
});

test("a listing in a form of a later huggingface_hub, or a damaged one, is asked for again", async (context) => {
  const { model, cache, server } = await hubWorld(context);
  const folder = await model();
  const path = join(cache, "models--ada--tiny/trees", `${folder.split("/").at(-1)}.json`);
  const tree = readFileSync(path, "utf8");
  for (const spoilt of [tree.replace('"format_version": 1', '"format_version": 2'), tree.slice(0, 100)]) {
    writeFileSync(path, spoilt);
    server.requests.length = 0;
    assert.equal(await model(), folder);
    assert.ok(server.requests.some(({ url }) => url.includes("/tree/")));
    assert.equal(readFileSync(path, "utf8"), tree);
  }
});
