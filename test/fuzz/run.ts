// Fuzzes every reader of files from elsewhere: `npm run fuzz -- --inputs 20000 --seed 1 --target csv --minutes 5 --save`.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keepInput, nameOf, readCorpus } from "./corpus.ts";
import { runTarget } from "./run-target.ts";
import { targets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    target: { type: "string", multiple: true },
    /** For each target. */
    minutes: { type: "string" },
    /** Keep so many small inputs a target that reached new code in test/fuzz/corpus/. */
    save: { type: "string" },
    /** Leave alone what earlier runs in this clone came upon: the same inputs on any machine. */
    fresh: { type: "boolean", default: false },
  },
});
const chosen = values.target ?? targets.map(({ name }) => name);
const unknown = chosen.find((name) => !targets.some((target) => target.name === name));
if (unknown !== undefined) {
  console.error(`--target: expected one of ${targets.map(({ name }) => name).join(", ")}, got ${unknown}.`);
  process.exit(2);
}
const folder = fileURLToPath(new URL("../../.cache/fuzz-findings/", import.meta.url));
/** Larger inputs are not worth their room in the repository. */
const LARGEST_KEPT = 4500;

let total = 0;
let [found, cpuTotal] = [0, 0];
for (const name of chosen) {
  const result = await runTarget({
    target: name,
    seed: Number(values.seed),
    inputs: Number(values.inputs),
    seconds: values.minutes === undefined ? undefined : Number(values.minutes) * 60,
    coverage: true,
    known: values.fresh ? [] : readCorpus(name, "clone").map(({ bytes }) => bytes),
  });
  const {
    inputs = 0,
    cpuSeconds = 0,
    outcomes = {},
    worstCpuMs = 0,
    worstBytes = 0,
    worstShare = 0,
    blocks = 0,
    kept = [],
  } = result;
  total += inputs;
  cpuTotal += cpuSeconds;
  found += result.findings.length;
  const tally = Object.entries(outcomes).sort(([, a], [, b]) => b - a);
  console.log(
    [
      `${name}: ${inputs} inputs, ${Math.round(inputs / Math.max(cpuSeconds, 0.001))} a second of CPU time`,
      `slowest ${worstCpuMs.toFixed(0)} ms`,
      `most memory ${(worstBytes / 2 ** 20).toFixed(1)} MB (${(worstShare * 100).toFixed(0)} % of its limit)`,
      `${blocks} blocks, ${kept.length} inputs reached new ones`,
      `${result.findings.length} findings`,
    ].join("; "),
  );
  console.log(`  ${tally.map(([outcome, count]) => `${outcome} ${count}`).join(", ")}`);
  for (const { what, bytes } of result.findings) {
    mkdirSync(folder, { recursive: true });
    const file = `${folder}${name}-${nameOf(bytes)}.input`;
    writeFileSync(file, bytes);
    console.error(`  FINDING (${bytes.length} bytes, ${file}): ${what.split("\n").slice(0, 8).join("\n    ")}`);
  }
  if (!values.fresh) for (const bytes of kept) keepInput(name, bytes, "clone");
  if (values.save !== undefined) {
    const small = kept.filter(({ length }) => length <= LARGEST_KEPT);
    for (const bytes of small.slice(-Number(values.save))) keepInput(name, bytes);
  }
}
console.log(`${total} inputs in ${cpuTotal.toFixed(0)} s of CPU time, ${found} findings`);
process.exitCode = found > 0 ? 1 : 0;
