import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { normaliseText } from "../groups/text-groups.ts";
import { loadDataset } from "./load-node.ts";
import { splitDataset } from "./split.ts";

const file = new URL("../../../../shared/data/glue/SST-2/train.tsv", import.meta.url);
const skip = existsSync(file) ? false : `needs SST-2 in ${fileURLToPath(file)}`;
test("SST-2: no held-out phrase of four words stands in a training phrase, and few shorter ones do", { skip }, async () => {
  const dataset = await loadDataset(fileURLToPath(file));
  const { train, heldOut, groups } = splitDataset({ dataset, seed: 1 });
  assert.ok(groups.largest < 300, `largest group ${groups.largest}`);
  const runs = new Set<string>();
  for (const { text } of train.examples) {
    const words = normaliseText(text).split(" ");
    for (let from = 0; from < words.length; from++)
      for (let to = from + 1; to <= words.length; to++) runs.add(words.slice(from, to).join(" "));
  }
  const standing = heldOut.examples.map(({ text }) => normaliseText(text)).filter((text) => runs.has(text));
  assert.deepEqual(
    standing.filter((text) => text.split(" ").length >= 4),
    [],
  );
  assert.ok(standing.length < 0.09 * heldOut.examples.length, `${standing.length} of ${heldOut.examples.length}`);
});
