import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { test } from "node:test";
import { type DatasetOptions, downloadDataset } from "../../src/hub/index-node.ts";
import { hubWorld, noise } from "./hub-world.fixture.ts";
import { assertCacheIsRight } from "./right-cache.fixture.ts";

/** As in the repository of GLUE: several subsets in the card, Parquet in folders. */
const glueCard = `---
annotations_creators:
- other
language:
- en
dataset_info:
- config_name: mrpc
  features:
  - name: sentence1
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': not_equivalent
          '1': equivalent
configs:
- config_name: mnli
  data_files:
  - split: train
    path: mnli/train-*
  - split: validation_matched
    path: mnli/validation_matched-*
- config_name: mrpc
  data_files:
  - split: train
    path: mrpc/train-*
  - split: validation
    path: mrpc/validation-*
  - split: test
    path: mrpc/test-*
train-eval-index:
- config: mrpc
---
# GLUE
`;

const glue = {
  type: "dataset",
  id: "nyu-mll/glue",
  files: {
    "README.md": glueCard,
    ".gitattributes": "*.parquet filter=lfs\n",
    "mrpc/train-00000-of-00002.parquet": noise(3000, "train 0"),
    "mrpc/train-00001-of-00002.parquet": noise(3000, "train 1"),
    "mrpc/validation-00000-of-00001.parquet": noise(1000, "validation"),
    "mrpc/test-00000-of-00001.parquet": noise(1000, "test"),
    "mnli/train-00000-of-00001.parquet": noise(1000, "mnli"),
    "mnli/validation_matched-00000-of-00001.parquet": noise(1000, "matched"),
  },
} as const;

const MRPC = {
  train: ["mrpc/train-00000-of-00002.parquet", "mrpc/train-00001-of-00002.parquet"],
  validation: ["mrpc/validation-00000-of-00001.parquet"],
  test: ["mrpc/test-00000-of-00001.parquet"],
};

async function world(
  context: Parameters<typeof hubWorld>[0],
  files: Record<string, string | Uint8Array> | undefined = undefined,
) {
  const own = files === undefined ? [] : [{ type: "dataset", id: "ada/reviews", files } as const];
  const { settings, server, notes, cache } = await hubWorld(context, { repos: [glue, ...own] });
  /** Splits with the paths inside the repository. */
  const splits = async (name: string, options: DatasetOptions = {}) => {
    try {
      const local = await downloadDataset(name, { settings, onNote: (text) => notes.push(text), ...options });
      const short = (path: string) => relative(cache, path).replaceAll("\\", "/").split("/").slice(3).join("/");
      return Object.fromEntries(Object.entries(local.splits).map(([split, paths]) => [split, paths.map(short)]));
    } finally {
      assertCacheIsRight(cache);
    }
  };
  return { settings, server, notes, cache, splits };
}

test("glue/mrpc is the subset mrpc of nyu-mll/glue, and only its files are downloaded", async (context) => {
  const { settings, server } = await world(context);
  const { name, config, splits } = await downloadDataset("glue/mrpc", { settings });
  assert.deepEqual([name, config, Object.keys(splits)], ["nyu-mll/glue", "mrpc", ["train", "validation", "test"]]);
  assert.deepEqual(readFileSync(splits.train[1]), noise(3000, "train 1"));
  assert.ok(!server.requests.some(({ url }) => url.includes("mnli")));
});

test("a subset can be named behind the name, or beside it", async (context) => {
  const { splits } = await world(context);
  for (const [name, config] of [["glue/mrpc"], ["glue", "mrpc"], ["nyu-mll/glue/mrpc"], ["nyu-mll/glue", "mrpc"]] as const)
    assert.deepEqual(await splits(name, { config }), MRPC);
  await assert.rejects(splits("glue/mrpc", { config: "mnli" }), { code: "hub/bad-name", message: /got glue\/mrpc and mnli/ });
});

test("splits with names of their own stay: validation_matched", async (context) => {
  const { splits } = await world(context);
  assert.deepEqual(Object.keys(await splits("glue/mnli")), ["train", "validation_matched"]);
});

test("one split can be asked for alone; a missing one is named beside those there are", async (context) => {
  const { splits, server } = await world(context);
  assert.deepEqual(await splits("glue/mrpc", { splits: ["test"] }), { test: MRPC.test });
  assert.ok(!server.downloads().some(({ url }) => url.includes("train")));
  await assert.rejects(splits("glue/mrpc", { splits: ["dev"] }), {
    code: "hub/no-split",
    message: /expected one of the splits train, validation, test, got dev/,
  });
});

test("of several subsets one has to be chosen; a mistyped one gets a suggestion", async (context) => {
  const { splits } = await world(context);
  await assert.rejects(splits("glue"), {
    code: "hub/which-config",
    message: /expected one of the subsets mnli, mrpc, got none\. Write it behind the name: nyu-mll\/glue\/mnli/,
  });
  await assert.rejects(splits("glue/mprc"), { code: "hub/no-config-of-dataset", message: /got mprc\. Did you mean mrpc\?/ });
});

test("offline, a data set that is cached needs no request", async (context) => {
  const { splits, server, settings } = await world(context);
  await splits("glue/mrpc");
  server.requests.length = 0;
  assert.deepEqual(await splits("glue/mrpc", { settings: { ...settings, offline: true } }), MRPC);
  assert.deepEqual(server.requests, []);
  await assert.rejects(splits("glue/mnli", { settings: { ...settings, offline: true } }), {
    code: "hub/not-cached",
    message: /expected mnli\/train-00000-of-00001\.parquet in the cache .* hf download --repo-type dataset nyu-mll\/glue/,
  });
});

test("offline, a cache without a listing, as Python fills it file by file, gives the splits that are there", async (context) => {
  const { splits, settings, cache } = await world(context);
  await splits("glue/mrpc");
  rmSync(`${cache}/datasets--nyu-mll--glue/trees`, { recursive: true });
  assert.deepEqual(await splits("glue/mrpc", { settings: { ...settings, offline: true } }), {
    ...MRPC,
    train: (await splits("glue/mrpc")).train,
  });
});

test("without a card, splits are told by file names, compressed text included", async (context) => {
  const { splits } = await world(context, {
    "train.csv.gz": noise(50),
    "dev.csv.gz": noise(50),
    "test.csv.gz": noise(50),
    "notes.txt": "x",
  });
  assert.deepEqual(await splits("ada/reviews"), { train: ["train.csv.gz"], validation: ["dev.csv.gz"], test: ["test.csv.gz"] });
});

test("without a card, a folder of the name asked for is the subset", async (context) => {
  const { splits } = await world(context, { "en/train.jsonl": "{}\n", "en/test.jsonl": "{}\n", "de/train.jsonl": "{}\n" });
  assert.deepEqual(await splits("ada/reviews/en"), { test: ["en/test.jsonl"], train: ["en/train.jsonl"] });
  await assert.rejects(splits("ada/reviews/fr"), {
    code: "hub/no-config-of-dataset",
    message: /expected one of the folders .*de.*, got fr/,
  });
});

test("a card that is not understood is a note, and splits are told by file names", async (context) => {
  const card = "---\nconfigs: &all\n- {config_name: x}\n---\n";
  const { splits, notes } = await world(context, { "README.md": card, "train.csv": "a\n", "test.csv": "a\n" });
  assert.deepEqual(await splits("ada/reviews"), { train: ["train.csv"], test: ["test.csv"] });
  assert.match(
    notes[0],
    /^ada\/reviews: the configs of its README\.md were not understood \(unsupported YAML: .*\); splits are told by file names$/,
  );
});

test("a data set that is only a script says so, and its Parquet copy is readable", async (context) => {
  const { splits, server } = await world(context, { "reviews.py": "import datasets\n", "dataset_infos.json": "{}" });
  await assert.rejects(splits("ada/reviews"), {
    code: "hub/only-script",
    message: /expected data files, got only the loading script reviews\.py, which Crisp does not run\. .*refs\/convert\/parquet/,
  });
  server.repos
    .get("datasets/ada/reviews")!
    .commit({ "default/train/0000.parquet": noise(100), "default/test/0000.parquet": noise(100) }, "refs/convert/parquet");
  assert.deepEqual(await splits("ada/reviews", { revision: "refs/convert/parquet" }), {
    train: ["default/train/0000.parquet"],
    test: ["default/test/0000.parquet"],
  });
});

test("a data set of pictures only says which formats can be read", async (context) => {
  const { splits } = await world(context, { "train/1.png": noise(50) });
  await assert.rejects(splits("ada/reviews"), {
    code: "hub/no-data",
    message: /expected parquet, csv, tsv, jsonl or json files, got none/,
  });
});

test("a missing data set is called a data set", async (context) => {
  const { splits } = await world(context);
  await assert.rejects(splits("ada/nothing"), {
    code: "hub/no-repository",
    message: /^ada\/nothing: expected a dataset of this name/,
  });
});
