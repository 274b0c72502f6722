import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { stableJson } from "../files/index.ts";
import type { TrainingDraw } from "../runs/index.ts";
import { resolveOptions, type TrainingOptions } from "../training/index.ts";
import type { Arm } from "./definition.ts";

/** What all runs of a study share. */
export interface SharedContent {
  /** Hash of config and weights. */
  readonly model: string;
  /** See `Tokenizer.fingerprint`. */
  readonly tokenizer: string;
  /** Hash of token ids, labels and rows, see `hashOfData`. */
  readonly data: string;
  readonly labels: readonly string[];
  readonly padTokenId: number;
  readonly draw?: TrainingDraw;
}

/**
 * A hash of everything that a run follows from: weights, tokenizer, token ids, rows, attention, options and seed.
 *
 * Equal for equal content, whatever study, arm or file it goes by, so that nothing need run twice. How often checkpoints are written is
 * left out, as it changes nothing that is trained.
 */
export function runId(shared: SharedContent, arm: Arm, options: Partial<TrainingOptions>, seed: number): string {
  const { saveSteps: _, saveTotalLimit: __, ...decisive } = resolveOptions({ ...options, ...arm.options });
  const { plan, seedOffset = 0 } = arm;
  return bytesToHex(sha256(utf8ToBytes(stableJson({ ...shared, plan, seedOffset, seed, options: decisive }))));
}
