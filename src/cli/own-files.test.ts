import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { crisp } from "../../test/cli/command.fixture.ts";
import { tinyClassifier } from "../../test/export/saved-models.fixture.ts";
import { writeReviews, writeTinyModel } from "../../test/tiny-model.fixture.ts";
import { writeOwnFiles } from "../files/index-node.ts";
import { runCommand } from "./run-command.ts";
import { VERBS } from "./verbs.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-own-"));
after(() => rmSync(work, { recursive: true, force: true }));
const encoder = writeTinyModel(join(work, "encoder"));
const model = join(work, "model");
tinyClassifier("dense").save(model, { onnx: false });
const data = writeReviews(work, "reviews.tsv", 60);
const typo = join(work, "reveiws.tsv");

/** What a verb writes, and a command that would write it into a folder, of the data that are given. */
interface Writer {
  readonly args: (folder: string, data: string) => readonly string[];
  readonly names: readonly string[];
  /** What an earlier command left there that these stand for; left out, `names`. */
  readonly earlier?: readonly string[];
}
const MODEL = [
  "config.json",
  "model.safetensors",
  "crisp.json",
  "tokenizer.json",
  "README.md",
  "onnx/model.onnx",
  "crisp_attention.py",
];
const REPORTS = ["errors.csv", "right-answers.json", "report.html"];
const KEPT = ["checkpoints/run.log.jsonl", "checkpoints/command.json"];
const RUN = "runs/dense.seed-1";
const EXPORTS = ["across-tasks.json", "figures.csv", "figures.parquet", "predictions.parquet", "table.md", "table.tex"];
const STUDY = ["study.json", "results.json", "predictions.jsonl", ...EXPORTS, "report.html", `${RUN}.json`, `${RUN}.log.jsonl`];
const trains = (folder: string) => ["--model", encoder, "--max_steps", "1", "--device", "cpu", "--output_dir", folder];
const overwrite = "--overwrite_output_dir";

const WRITERS: Readonly<Record<string, readonly Writer[]>> = {
  train: [
    {
      args: (folder, file) => ["train", file, ...trains(folder)],
      names: [...MODEL, ...REPORTS, ...KEPT, "checkpoints/checkpoint-1.crisp", "notes.txt"],
    },
    { args: (folder, file) => ["train", file, ...trains(folder), overwrite], names: [...MODEL, ...REPORTS, ...KEPT] },
  ],
  pretrain: [
    { args: (folder, file) => ["pretrain", file, ...trains(folder)], names: [...MODEL, ...KEPT, "notes.txt"] },
    { args: (folder, file) => ["pretrain", file, ...trains(folder), overwrite], names: [...MODEL, ...KEPT] },
  ],
  study: [[], [overwrite]].map((more) => ({
    args: (folder: string, file: string) => ["study", file, "--model", encoder, "--quick", "--output_dir", folder, ...more],
    names: STUDY,
  })),
  eval: [
    {
      args: (folder, file) => ["eval", model, file, "--output_dir", folder],
      names: ["errors.csv", "right-answers.json", "predictions.jsonl"],
    },
  ],
  audit: [
    {
      args: (folder, file) => ["audit", file, "--model", encoder, "--output_dir", folder],
      names: ["audit.csv", "audit.json"],
    },
  ],
  predict: [{ args: (folder, file) => ["predict", model, file, "--output_file", join(folder, "out.csv")], names: ["out.csv"] }],
  bench: [{ args: (folder) => ["bench", "--time_budget", "1", "--output_dir", folder], names: ["bench.json", "bench.html"] }],
};
/** A worker writes checkpoints alone, in the folder of those. */
const READERS = ["inspect", "push", "draw", "doctor", "serve", "status", "ui", "worker"];

async function run(argv: readonly string[]): Promise<{ code: number; stderr: string }> {
  let stderr = "";
  const code = await runCommand({
    ...{ argv, verbs: VERBS, env: {}, version: "0", listenForSignals: () => new AbortController().signal },
    stdout: { write: () => true },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stderr };
}

/** All that lies in a folder: bytes of files, ends of links. */
function tree(folder: string): Record<string, string> {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const what = entry.isSymbolicLink()
        ? `-> ${readlinkSync(path)}`
        : entry.isFile()
          ? readFileSync(path, "latin1")
          : "a folder";
      return [path.slice(folder.length + 1), what];
    }),
  );
}

/** Ways in which something else may stand where a file would be written. */
const STRANGERS: Readonly<Record<string, (path: string, outside: string) => void>> = {
  "a file": (path) => writeFileSync(path, "mine"),
  "a folder with a file in it": (path) => {
    mkdirSync(path);
    writeFileSync(join(path, "mine.txt"), "mine");
  },
  "a link to a file elsewhere": (path, outside) => {
    writeFileSync(join(outside, "mine.txt"), "mine");
    symlinkSync(join(outside, "mine.txt"), path);
  },
  "a link to nowhere": (path, outside) => symlinkSync(join(outside, "nowhere"), path),
};

let places = 0;
const newPlace = (): { folder: string; outside: string } => {
  const place = join(work, `${places++}`);
  const [folder, outside] = ["folder", "outside"].map((name) => join(place, name));
  for (const path of [folder, outside]) mkdirSync(path, { recursive: true });
  return { folder, outside };
};

test("every verb is known to write, or not to; all options that name an output are those of verbs that write", async () => {
  assert.deepEqual(VERBS.map(({ name }) => name).sort(), [...Object.keys(WRITERS), ...READERS].sort());
  for (const { name, load } of VERBS) {
    const outputs = Object.keys((await load()).options).filter((option) => option.startsWith("output"));
    assert.equal(outputs.length > 0, name in WRITERS, `${name}: ${outputs}`);
  }
});

for (const [verb, writers] of Object.entries(WRITERS)) {
  describe(`crisp ${verb}`, () => {
    for (const { args, names } of writers) {
      const how = args("", "").includes(overwrite) ? `, with ${overwrite}` : "";
      for (const name of names) {
        test(`stops before it begins where something else is ${name}${how}, names it, and touches nothing`, async () => {
          for (const [what, put] of Object.entries(STRANGERS)) {
            const { folder, outside } = newPlace();
            mkdirSync(dirname(join(folder, name)), { recursive: true });
            put(join(folder, name), outside);
            const before = [tree(folder), tree(outside)];
            const { code, stderr } = await run(args(folder, data));
            assert.ok(code === 1 || code === 2, `${what}: ${stderr}`);
            const [line, ...more] = stderr
              .trimEnd()
              .split("\n")
              .filter((each) => !each.startsWith("device:"));
            assert.deepEqual(more, [], what);
            // without the option anything in the folder stops it
            assert.ok(
              line.startsWith(join(folder, name)) ||
                (how === "" &&
                  line.startsWith(
                    `${folder}: expected an empty or new output folder, got one that holds ${name.split("/")[0]}.`,
                  )),
              `${what}: ${line}`,
            );
            assert.deepEqual([tree(folder), tree(outside)], before, what);
            assert.ok(lstatSync(join(folder, name)));
          }
        });
      }
      if (verb === "bench") continue; // has no data
      test(`a mistyped data file costs nothing that is there${how}`, async () => {
        const { folder } = newPlace();
        writeOwnFiles(folder, new Map(names.map((name) => [name, [new TextEncoder().encode("an earlier result")]])));
        mkdirSync(join(folder, "checkpoints"), { recursive: true });
        writeFileSync(join(folder, "checkpoints", "checkpoint-3.crisp"), "CRISPCK2 and hours of work");
        for (const name of KEPT) rmSync(join(folder, name), { force: true });
        const before = tree(folder);
        const { code, stderr } = await run(args(folder, typo));
        assert.ok(code === 1 || code === 2, stderr);
        assert.deepEqual(tree(folder), before);
        assert.match(
          stderr,
          verb === "predict"
            ? /out\.csv|reveiws/
            : how === "" && verb !== "eval" && verb !== "audit" && verb !== "study"
              ? /expected an empty/
              : /reveiws\.tsv|a mask token/,
        );
      });
    }
  });
}

test("verbs that write nothing leave no file where they are run", async () => {
  const { folder } = newPlace();
  for (const args of [
    ["draw", "topK"],
    ["inspect", data],
  ])
    assert.equal((await crisp(args, { cwd: folder })).code, 0);
  assert.deepEqual(tree(folder), {});
});
