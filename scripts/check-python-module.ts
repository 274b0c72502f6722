// Holds crisp_attention.py, as saved folders carry it, to Crisp: tiny models of every pattern and family, ragged padded batches.
//
//     node scripts/check-python-module.ts [--python PYTHON] [--keep FOLDER]
//
// PYTHON needs torch and transformers, and onnx for its checker; default python3. The work is in check-python-module.py.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Classifier } from "../src/api/index-node.ts";
import { globalTokens, keptOfGroup, removedHeads, stridedBy, windowRadius } from "../src/attention/index.ts";
import { createTokenizer } from "../src/data/index.ts";
import { writeFilesAtomically } from "../src/files/index-node.ts";
import { initialise, families as records } from "../src/models/index.ts";
import { specOf } from "../src/runs/index.ts";
import { demoTokenizer } from "../src/studies/index.ts";
import { crispLogits, families, fewPlans, others, plans, texts } from "../test/export/cases.fixture.ts";

const { values } = parseArgs({ options: { python: { type: "string", default: "python3" }, keep: { type: "string" } } });
const folder = values.keep ?? mkdtempSync(join(tmpdir(), "crisp-python-"));
const bytes = (value: unknown): Uint8Array[] => [new TextEncoder().encode(JSON.stringify(value))];
const { tokenizerJson, tokenizerConfig } = demoTokenizer();

let count = 0;
const cases = [
  ...Object.entries(families).map(([family, config]) => [family, config, plans] as const),
  ...Object.entries(others).map(([family, config]) => [family, config, fewPlans] as const),
];
for (const [family, config, all] of cases) {
  const weights = initialise(config, 3);
  const dense = await crispLogits(config, weights, plans.dense);
  const held = records[config.family].fixedInPython ? { dense: all.dense } : all;
  for (const [title, plan] of Object.entries(held)) {
    const model = new Classifier({
      config,
      weights,
      tokenizer: createTokenizer({ tokenizerJson, tokenizerConfig, maxLength: config.maxPositions }),
      tokenizerFiles: new Map([
        ["tokenizer.json", bytes(tokenizerJson)],
        ["tokenizer_config.json", bytes(tokenizerConfig)],
      ]),
      card: {
        ...{
          crisp: "check",
          attention: specOf(plan),
          maxLength: config.maxPositions,
          seed: 1,
          padTokenId: 0,
          metrics: {},
          options: {},
        },
      },
      createRuntime: () => Promise.reject(new Error("nothing is computed here")),
    });
    const place = join(folder, String(count++).padStart(3, "0"));
    model.save(place);
    const logits = await crispLogits(config, weights, plan);
    const inputs = texts.map(({ inputIds, tokenTypeIds }) => ({ ids: [...inputIds], types: [...tokenTypeIds] }));
    writeFilesAtomically(place, new Map([["expected.json", bytes({ title, family, inputs, logits, dense })]]));
  }
}
// What a sparsity stands for: [s, length] and the parameters, at every hundredth and up to 64 tokens or heads.
const rules = Array.from({ length: 100 * 64 }, (_, at) => {
  const [s, count] = [(at % 100) / 100, Math.floor(at / 100) + 1];
  const parameters = [windowRadius(s, count), globalTokens(s, count), stridedBy(s, count), keptOfGroup(s, count, 4)];
  return [s, count, ...parameters, removedHeads(s, count)];
});
writeFilesAtomically(folder, new Map([["rules.json", bytes(rules)]]));
const script = join(import.meta.dirname, "check-python-module.py");
const { status, error } = spawnSync(values.python, [script, folder], { stdio: "inherit" });
if (error) console.error(error.message);
if (values.keep === undefined) rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
