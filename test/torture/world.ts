import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { type Bundle, bundleIn, writeBundle } from "./bundle.ts";
import { runCrisp } from "./crisp-process.ts";
import type { Counted } from "./fault.ts";
import { modelSet, treeOf } from "./model-set.ts";
import { Reader } from "./reader.ts";

/** A training that is run again and again. */
export interface Variant {
  readonly name: string;
  readonly data: string;
  /** What follows the data, but for the output folder. */
  readonly options: readonly string[];
}

/** What a variant comes to where nothing disturbs it. */
export interface Reference extends Variant {
  /** `modelSet` of its folder. */
  readonly set: string;
  /** What its model says, see `Reader`. */
  readonly says: string;
  /** How much a fault has to choose from. */
  readonly counted: Counted;
}

/** Where a torture run takes place. */
export interface World {
  readonly bundle: Bundle;
  readonly folder: string;
  readonly references: readonly Reference[];
  readonly reader: Reader;
  /** SHA-256 of what `predict` and `eval` write of `data/a.tsv`, by name. */
  answers(reference: Reference): Promise<ReadonlyMap<string, string>>;
  /** @param keep - Whether its folder stays; default false. */
  close(keep?: boolean): void;
}

const SHORT = ["--max_steps", "4", "--save_steps", "1", "--batch_size", "4", "--preset", "huggingface"];
/** Models of the same files, of more files, from data on the disk, and with phases. */
const VARIANTS: readonly Variant[] = [
  { name: "plain", data: "a.tsv", options: [...SHORT, "--seed", "1", "--no_onnx"] },
  { name: "onnx", data: "b.tsv", options: [...SHORT, "--seed", "2", "--save_total_limit", "2", "--load_best_model_at_end"] },
  {
    name: "stream",
    data: "b.tsv",
    options: [...SHORT, "--seed", "3", "--no_onnx", "--streaming", "--validation_file", "data/a.tsv"],
  },
  {
    name: "phases",
    data: "a.tsv",
    options: [
      "--preset",
      "few",
      "--folds",
      "2",
      "--contrastive_epochs",
      "1",
      "--num_train_epochs",
      "1",
      "--seed",
      "4",
      "--no_onnx",
    ],
  },
];

/** What `predict` writes. */
export const LABELS = "labels.jsonl";

/** The command of a variant; run in a folder that has `prepareFolder`'s files. */
export const trainInto = (folder: string, { data, options }: Variant): string[] => [
  ...["train", `data/${data}`, "--model", "model", "--device", "cpu", "--output_dir", folder],
  ...options,
];

/** Data and an untrained model, as the commands name them. */
export function prepareFolder(world: string, folder: string): void {
  for (const name of ["data", "model"]) cpSync(join(world, name), join(folder, name), { recursive: true });
}

/**
 * Make data and models, and find out what each variant comes to where nothing disturbs it.
 *
 * @param variants - Names of those to take; default all.
 */
export async function createWorld(source: string, variants?: readonly string[]): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "crisp-torture-"));
  const bundle = bundleIn(join(folder, "crisp"));
  const reader = new Reader(bundle);
  const close = (keep = false): void => {
    reader.close();
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await writeBundle(source, bundle);
    mkdirSync(join(folder, "data"));
    writeTinyModel(join(folder, "model"), undefined, 1);
    writeReviews(join(folder, "data"), "a.tsv", 24);
    const rows = readFileSync(writeReviews(join(folder, "data"), "b.tsv", 56), "utf8").split("\n");
    writeFileSync(join(folder, "data", "b.tsv"), [rows[0], ...rows.slice(25)].join("\n"));
    const chosen = VARIANTS.filter(({ name }) => variants?.includes(name) ?? true);
    const references = await Promise.all(
      chosen.map(async (variant): Promise<Reference> => {
        const out = `whole-${variant.name}`;
        const to = join(folder, `${variant.name}.counted`);
        const fault = { kind: "count", root: join(folder, out), to } as const;
        const { code, stderr } = await runCrisp(trainInto(out, variant), { bundle, cwd: folder, fault });
        const answer = await reader.read(join(folder, out));
        const set = modelSet(join(folder, out), new Set());
        if (code !== 0 || !("says" in answer) || set === undefined)
          throw new Error(`undisturbed, ${variant.name} failed: ${stderr}`);
        return { ...variant, set, says: answer.says, counted: JSON.parse(readFileSync(to, "utf8")) as Counted };
      }),
    );
    const known = new Map<string, Promise<ReadonlyMap<string, string>>>();
    const answersOf = async ({ name }: Reference): Promise<ReadonlyMap<string, string>> => {
      const judged = `judged-${name}`;
      const of = [`whole-${name}`, "data/a.tsv", "--device", "cpu"];
      for (const command of [
        ["eval", ...of, "--output_dir", judged],
        ["predict", ...of, "--output_file", join(judged, LABELS)],
      ]) {
        const { code, stderr } = await runCrisp(command, { bundle, cwd: folder });
        if (code !== 0) throw new Error(`undisturbed, ${command.join(" ")} failed: ${stderr}`);
      }
      return treeOf(join(folder, judged));
    };
    return {
      ...{ bundle, folder, references, reader, close },
      answers(reference) {
        const answers = known.get(reference.name) ?? answersOf(reference);
        known.set(reference.name, answers);
        return answers;
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}
