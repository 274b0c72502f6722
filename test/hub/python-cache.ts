// Holds Crisp's cache to Python's, both ways: `node test/hub/python-cache.ts --python PATH`, with huggingface_hub (last run: 2.4.0 and 0.36.0).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { downloadDataset, downloadModel, hubSettings } from "../../src/hub/index-node.ts";
import { startHubServer } from "./hub-server.fixture.ts";
import { MODEL, modelFiles, noise } from "./hub-world.fixture.ts";
import { assertCacheIsRight, incompleteFiles } from "./right-cache.fixture.ts";

const { python } = parseArgs({ options: { python: { type: "string", default: "python3" } } }).values;
const script = join(import.meta.dirname, "../../scripts/check-hub-cache.py");

const model = modelFiles();
const data = { "README.md": "# Reviews\n", "en/train.csv": noise(5000, "train"), "en/test.csv": noise(5000, "test") };
const crispReads = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"];
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const hashes = (files: Record<string, string | Uint8Array>, only = Object.keys(files)) =>
  Object.fromEntries(only.map((path) => [path, sha256(files[path])]));

const server = await startHubServer({
  repos: [
    { type: "model", id: MODEL, files: model },
    { type: "dataset", id: "ada/reviews", files: data },
  ],
});
const repo = server.repos.get(`models/${MODEL}`)!;
repo.branches.set("refs/pr/1", repo.branches.get("main")!);
const listing = {
  repos: [
    { id: MODEL, type: "model", revision: "main", files: hashes(model, crispReads) },
    { id: MODEL, type: "model", revision: "refs/pr/1", files: hashes(model, crispReads) },
    { id: "ada/reviews", type: "dataset", revision: "main", files: hashes(data) },
  ],
};

/** Python asks the hub once a day about the program it runs in, whatever it is told to do. */
const aboutRepositories = () => server.requests.filter(({ url }) => url !== "/api/agent-harnesses").map(({ url }) => url);

const homes: string[] = [];
function newHome(): { home: string; settings: ReturnType<typeof hubSettings> } {
  const home = mkdtempSync(join(tmpdir(), "crisp-python-cache-"));
  homes.push(home);
  writeFileSync(join(home, "files.json"), JSON.stringify(listing));
  return { home, settings: hubSettings({ HF_HOME: home, HF_ENDPOINT: server.url }) };
}

async function runPython(mode: "read" | "fill", home: string): Promise<void> {
  const env = {
    ...process.env,
    HF_HOME: home,
    HF_ENDPOINT: server.url,
    HF_HUB_DISABLE_PROGRESS_BARS: "1",
    HF_HUB_DISABLE_XET: "1",
  };
  const { stdout, stderr } = await promisify(execFile)(
    python,
    ["-W", "error::UserWarning", script, mode, join(home, "files.json")],
    { env },
  );
  process.stdout.write(`  ${stdout}${stderr}`);
}

async function fillWithCrisp(settings: ReturnType<typeof hubSettings>): Promise<void> {
  await downloadModel(MODEL, { settings });
  await downloadModel(MODEL, { settings, revision: "refs/pr/1" });
  await downloadDataset("ada/reviews/en", { settings });
}

try {
  console.log("Crisp fills a cache, Python reads it without the network");
  const first = newHome();
  await fillWithCrisp(first.settings);
  server.requests.length = 0;
  await runPython("read", first.home);
  assert.deepEqual(aboutRepositories(), []);

  console.log("Python fills a cache, Crisp reads it without the network");
  const second = newHome();
  await runPython("fill", second.home);
  assertCacheIsRight(second.settings.cacheFolder);
  server.requests.length = 0;
  const offline = { ...second.settings, offline: true };
  const folder = await downloadModel(MODEL, { settings: offline });
  for (const path of crispReads) assert.equal(sha256(readFileSync(join(folder, path))), sha256(model[path]));
  const { splits } = await downloadDataset("ada/reviews/en", { settings: offline, splits: ["train"] });
  assert.equal(sha256(readFileSync(splits.train[0])), sha256(data["en/train.csv"]));
  assert.deepEqual(server.requests, []);
  await downloadModel(MODEL, { settings: second.settings });
  assert.deepEqual(server.downloads(), [], "online, nothing is downloaded again");
  console.log(`  Crisp: read ${crispReads.length + 1} files, no request offline, one online`);

  console.log("Crisp and Python fill one cache at the same time");
  const third = newHome();
  server.faults.push({ kind: "slow", path: "model.safetensors", bytesPerPiece: 10_000, pauseMs: 30 });
  await Promise.all([runPython("fill", third.home), fillWithCrisp(third.settings)]);
  const files = assertCacheIsRight(third.settings.cacheFolder);
  assert.deepEqual(incompleteFiles(third.settings.cacheFolder), []);
  await runPython("read", third.home);
  console.log(
    `  ${files.length} files, every one with its hash; entries: ${readdirSync(third.settings.cacheFolder).sort().join(", ")}`,
  );
} finally {
  await server.close();
  for (const home of homes) rmSync(home, { recursive: true, force: true });
}
