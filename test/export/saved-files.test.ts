import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SAVED_FILES, type TrainSettings, train } from "../../src/api/index-node.ts";
import { topK } from "../../src/attention/index.ts";
import { hubSettings, pushFolder } from "../../src/hub/index-node.ts";
import { BESIDE_WEIGHTS, WEIGHTS_FILE } from "../../src/models/index.ts";
import { isModelFile } from "../../src/models/index-node.ts";
import { writeFruit, writeTinyVit } from "../../src/runs/tiny-images.fixture.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-saved-files-"));
after(() => rmSync(work, { recursive: true, force: true }));
const at = (name: string): string => join(work, name);

const encoder = writeTinyModel(at("encoder"));
for (const name of ["special_tokens_map.json", "vocab.txt"]) writeFileSync(join(encoder, name), "{}");
const reviews = writeReviews(work, "reviews.tsv", 40);
const pairs = Array.from({ length: 40 }, (_, row) => JSON.stringify({ anchor: `question ${row}`, positive: `answer ${row}` }));
writeFileSync(at("pairs.jsonl"), pairs.join("\n"));

const KINDS: Readonly<Record<string, Pick<TrainSettings, "data" | "model"> & Partial<TrainSettings>>> = {
  texts: { data: reviews, model: encoder, attention: topK({ sparsity: 0.8 }), loraRank: 2 },
  embeddings: { data: at("pairs.jsonl"), model: encoder, task: "embedding" },
  images: { data: await writeFruit(at("fruit"), 10), model: writeTinyVit(at("vit")) },
};

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== ".crisp-files.json")
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** What `push` would send. */
async function sentOf(folder: string): Promise<readonly string[]> {
  let sent: readonly string[] = [];
  const onStart = (files: readonly string[]): never => {
    sent = files;
    throw new Error("enough");
  };
  await assert.rejects(pushFolder(folder, "ada/new", { settings: hubSettings({ HF_TOKEN: "hf_writer" }), onStart }), /enough/);
  return sent;
}

test("the files that models of every kind are saved with are those that save is known to write; push sends all of them", async () => {
  const written = new Set<string>();
  for (const [kind, settings] of Object.entries(KINDS)) {
    const result = await train({ preset: "huggingface", maxSteps: 1, threads: 1, ...settings }).result;
    result!.model.save(at(kind), { quantize: "int8" });
    assert.deepEqual(await sentOf(at(kind)), filesIn(at(kind)), kind);
    for (const name of filesIn(at(kind))) written.add(name);
  }
  assert.deepEqual([...written].sort(), [...SAVED_FILES].sort());
});

test("of the files that are saved, those that are read again are held to the list of a folder's files", () => {
  assert.deepEqual(SAVED_FILES.filter(isModelFile).sort(), [...BESIDE_WEIGHTS, WEIGHTS_FILE].sort());
});
