import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

const source = join(import.meta.dirname, "..");
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !/\.(test|fixture|contract|slow)\.ts$/.test(path))
  .map((path) => ({ path, code: withoutComments(readFileSync(join(source, path), "utf8")) }));

/** Doc comments may show what code must not do. */
function withoutComments(code: string): string {
  return code.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
}

/** Text of others passes a border where it is made harmless; what else writes there would let it through raw. */
const borders: Readonly<Record<string, { readonly writes: RegExp; readonly only: readonly string[] }>> = {
  "the streams of the process": {
    writes: /process\.std(out|err)|console\.\w+\(/,
    // these say nothing but their own words, or hand a stream on
    only: ["cli/main.ts", "cli/signals.ts", "runs/worker/worker-node.ts", "runtime/probe-devices-node.ts"],
  },
  "the codes of a terminal": { writes: /\\u001b|\\x1b|\\033/i, only: ["cli/output.ts", "cli/progress.ts"] },
  "markup without escapes": {
    writes: /\b(new Html|raw)\(/,
    only: ["report/html.ts", "report/document.ts", "data/image/decode-image-node.ts"],
  },
  // each by `markdown` of src/errors/, but for the page of options, which are our own words
  "tables of Markdown": {
    writes: /`\| \$\{/,
    only: [
      "cli/option-reference.ts",
      "export/model-card.ts",
      "report/study/tables/paper-table.ts",
      "trackers/tensorboard-node.ts",
    ],
  },
  "escapes of Markdown": { writes: /"\\\\\|"/, only: ["cli/option-reference.ts"] },
  "cells of CSV": { writes: /replaceAll\('"', '""'\)|quoted\)\.join\(","\)/, only: ["cli/verbs/error-tables.ts"] },
};

describe("nothing but its border writes to", () => {
  for (const [name, { writes, only }] of Object.entries(borders)) {
    test(name, () => {
      const found = files.filter(({ code }) => writes.test(code)).map(({ path }) => path);
      assert.deepEqual(found.sort(), [...only].sort());
    });
  }
});
