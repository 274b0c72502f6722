import type { Target } from "./target.ts";
import { card } from "./targets/card.ts";
import { checkpoint } from "./targets/checkpoint.ts";
import { config } from "./targets/config.ts";
import { configWeights } from "./targets/config-weights.ts";
import { hubPaths } from "./targets/hub-paths.ts";
import { labels } from "./targets/labels.ts";
import { parquet } from "./targets/parquet.ts";
import { patterns } from "./targets/patterns.ts";
import { safetensors } from "./targets/safetensors.ts";
import { shards } from "./targets/shards.ts";
import { csv, gzip, jsonl, tables } from "./targets/tables.ts";
import { tokenizer, tokenizerConfig } from "./targets/tokenizer.ts";
import { zip } from "./targets/zip.ts";

/** Every reader of files from elsewhere. */
export const targets: readonly Target[] = [
  safetensors,
  shards,
  config,
  configWeights,
  card,
  checkpoint,
  tokenizer,
  tokenizerConfig,
  patterns,
  parquet,
  csv,
  tables,
  jsonl,
  gzip,
  zip,
  hubPaths,
  labels,
];
