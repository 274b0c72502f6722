// Holds Python's transformers to Crisp on a trained folder of every task: `node scripts/check-task-folders.ts [--python PYTHON]`.
//
// PYTHON needs torch and transformers; default python3. A line for each folder; exit code 1 where a label differs, or a score by more
// than 1e-3. `npm run test:slow` holds ONNX Runtime and transformers.js to the same folders.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { furthestScore, scoresFrom, trainTaskFolders } from "../test/export/task-folders.fixture.ts";

const TOLERANCE = 1e-3;
const { values } = parseArgs({ options: { python: { type: "string", default: "python3" } } });
const work = mkdtempSync(join(tmpdir(), "crisp-task-folders-"));
const script = join(import.meta.dirname, "reference/task_logits.py");
for (const made of await trainTaskFolders(work)) {
  writeFileSync(join(work, "inputs.json"), JSON.stringify(made.inputs));
  const { status } = spawnSync(values.python, [script, made.folder, work], { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`expected ${values.python} to end well, got exit code ${status}`);
  const logits = JSON.parse(readFileSync(join(work, "logits.json"), "utf8")) as number[];
  const furthest = furthestScore(made, scoresFrom(made, logits));
  console.log(`${made.name.padEnd(32)} furthest score ${furthest.toExponential(1)}, labels equal`);
  if (!(furthest <= TOLERANCE)) process.exitCode = 1;
}
rmSync(work, { recursive: true });
