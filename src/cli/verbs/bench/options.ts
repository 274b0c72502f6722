import { modelShapes } from "../../../bench/index.ts";
import { CrispError } from "../../../errors/index.ts";
import type { OptionTable } from "../../verb.ts";
import { PLAN_OPTIONS } from "../training-options.ts";

export const BENCH_OPTIONS = {
  attention: {
    type: "string",
    unit: "pattern",
    aliases: ["pattern"],
    help: "Pattern to measure; left out, blocks of 0.8 sparsity (attention), dense (step), several patterns (no subject).",
  },
  attention_core: { ...PLAN_OPTIONS.attention_core, help: "How it is computed; auto takes what is expected to be faster." },
  length: { type: "integer", unit: "tokens", min: 1, help: "Tokens a text; left out, 1024 (attention) or 128 (step)." },
  batch: {
    type: "integer",
    unit: "texts",
    min: 1,
    aliases: ["batch_size", "per_device_train_batch_size"],
    help: "Texts a batch; left out, 32 (step), or as many as hold 2,048 tokens.",
  },
  heads: { type: "integer", unit: "heads", min: 1, default: 12, help: "Attention heads; not of a step." },
  head_width: { type: "integer", unit: "dimensions", min: 1, default: 64, help: "Width of a head; not of a step." },
  model_name_or_path: {
    type: "string",
    unit: "shape|folder",
    aliases: ["model"],
    help: `Of a step: ${Object.keys(modelShapes).join(", ")}, or a model folder, of which config.json is read; left out, distilbert.`,
  },
  rounds: {
    type: "integer",
    unit: "rounds",
    min: 1,
    default: 5,
    help: "Turns of dense and sparse, after one warm-up each; without a subject 3 where left out.",
  },
  threads: { type: "integer", unit: "threads", min: 1, help: "Of one operator; left out, all cores, at most 8." },
  time_budget: {
    type: "number",
    unit: "seconds",
    min: 1,
    default: 120,
    help: "Without a subject: lengths that would take longer are left out.",
  },
  output_dir: { type: "string", unit: "folder", help: "Without a subject: where bench.json and bench.html go." },
} as const satisfies OptionTable;

/** Options by their API name that one subject alone reads. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  length: ["attention", "step"],
  heads: ["attention", "sweep"],
  headWidth: ["attention", "sweep"],
  modelNameOrPath: ["step"],
  timeBudget: ["sweep"],
  outputDir: ["sweep"],
};

/** @throws `cli/bad-option` for one that would be without effect. */
export function checkGiven(given: ReadonlySet<string>, subject: string): void {
  for (const [name, subjects] of Object.entries(OWN)) {
    if (!given.has(name) || subjects.includes(subject)) continue;
    const typed = `--${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    const where = subjects.map((each) => (each === "sweep" ? "crisp bench" : `crisp bench ${each}`)).join(" and ");
    throw new CrispError(
      "cli/bad-option",
      `crisp bench ${typed}: expected no such option here, got one. It belongs to ${where}.`,
    );
  }
}
