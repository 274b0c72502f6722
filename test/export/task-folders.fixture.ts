import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Classifier, type TrainSettings, train } from "../../src/api/index-node.ts";
import { topK } from "../../src/attention/index.ts";
import { tasks } from "../../src/tasks/index.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { reviews } from "./saved-models.fixture.ts";

/** A text, or a pair of texts. */
export type Input = { readonly text: string; readonly pair?: string };

/** A folder that training saved, and what Crisp says of some texts. */
export interface TaskFolder {
  readonly name: string;
  readonly folder: string;
  readonly model: Classifier;
  readonly inputs: readonly Input[];
  /** [texts][C], or [texts][tokens · C]. */
  readonly scores: readonly (readonly number[])[];
}

const reversed = (text: string): string => text.split(" ").reverse().join(" ");
const half = (text: string): string => text.split(" ").slice(0, 7).join(" ");
const jsonl = (file: string, rows: readonly object[]): string => {
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
  return file;
};

/**
 * Train a tiny encoder for each task and recipe whose folders other libraries load, and save it.
 *
 * @param root - Made where it is missing; a folder for each case goes there.
 */
export async function trainTaskFolders(root: string): Promise<TaskFolder[]> {
  mkdirSync(root, { recursive: true });
  const model = writeTinyModel(join(root, "start"), 0.12);
  const single = writeReviews(root, "reviews.tsv", 80);
  const labelled = (label: (at: number) => object): object[] => reviews.map((text, at) => ({ text, ...label(at) }));
  const several = jsonl(
    join(root, "several.jsonl"),
    labelled((at) => ({ labels: ["red", "blue"].slice(at % 2) })),
  );
  const numbers = jsonl(
    join(root, "numbers.jsonl"),
    labelled((at) => ({ label: at / 7 })),
  );
  const pairs = jsonl(
    join(root, "pairs.jsonl"),
    reviews.map((text, at) => ({ premise: half(text), hypothesis: half(reversed(text)), label: at % 2 })),
  );
  const words = jsonl(
    join(root, "words.jsonl"),
    reviews.map((text) => {
      const tokens = text.split(" ");
      return { tokens, ner_tags: tokens.map((_, at) => (at % 3 === 1 ? "B-X" : "O")) };
    }),
  );
  const short = { numTrainEpochs: 1, learningRate: 2e-4, folds: 0 } as const;
  const cases: Readonly<Record<string, Partial<TrainSettings> & { readonly data: string }>> = {
    "few labels": { data: single, preset: "few", folds: 0, timeBudget: 5 },
    "linear probe, then fine-tuning": { data: single, preset: "some", ...short },
    "one class, sparse": { data: single, ...short, attention: topK({ sparsity: 0.8 }) },
    "pairs of texts": { data: pairs, ...short, columns: { textColumn: "premise", pairColumn: "hypothesis" } },
    "several classes": { data: several, ...short, columns: { labelColumn: "labels" } },
    "a class for each word": { data: words, ...short },
    "a number": { data: numbers, ...short, task: "regression" },
  };
  const made: TaskFolder[] = [];
  for (const [name, settings] of Object.entries(cases)) {
    const { model: trained } = (await train({ model, maxLength: 64, threads: 1, ...settings }).result)!;
    const folder = join(root, name.replaceAll(/\W+/g, "-"));
    trained.save(folder);
    const paired = trained.card.columns?.pair !== undefined;
    const inputs = reviews.slice(0, 20).map((text) => (paired ? { text: half(text), pair: half(reversed(text)) } : { text }));
    const { probabilities } = await trained.evaluate(inputs.map((input) => trained.encodeText(input)));
    made.push({ name, folder, model: trained, inputs, scores: probabilities });
  }
  return made;
}

/**
 * Scores of the logits that another library computed.
 *
 * @param logits - [B, C] or [B, n, C], rows padded at the end.
 */
export function scoresFrom({ model, inputs }: TaskFolder, logits: ArrayLike<number>): number[][] {
  const { outputs, perToken } = tasks[model.config.task];
  const width = logits.length / inputs.length;
  return inputs.map((input, at) => {
    const own = perToken ? model.encodeText(input).inputIds.length * model.config.numLabels : width;
    return outputs!.of(Array.from(logits).slice(at * width, at * width + own), model.config.numLabels) as number[];
  });
}

/** The largest difference of scores; labels must be the same. */
export function furthestScore({ model, inputs, scores }: TaskFolder, theirs: readonly (readonly number[])[]): number {
  const labelsOf = (row: readonly number[], at: number): string =>
    model
      .answer(row, model.encodeText(inputs[at]))
      .map(({ label }) => label)
      .join();
  scores.forEach((row, at) => {
    const [own, other] = [labelsOf(row, at), labelsOf(theirs[at], at)];
    if (row.length !== theirs[at].length || own !== other) throw new Error(`text ${at}: ${own} by Crisp, ${other} elsewhere`);
  });
  return Math.max(...scores.flatMap((row, at) => row.map((score, i) => Math.abs(score - theirs[at][i]))));
}
