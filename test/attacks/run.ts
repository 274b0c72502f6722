// npm run attacks: takes out what keeps each attack out, one at a time, in a copy of this repository, and expects its test to fail.
//
//   npm run attacks                        # all of them
//   npm run attacks -- --only gzip         # those whose line holds these words; may be given again
import { join } from "node:path";
import { parseArgs } from "node:util";
import { copyRepository, plant } from "../repository-copy.ts";
import type { Attack } from "./attack.ts";
import { attacks } from "./attacks.ts";
import { type Outcome, runTest } from "./run-test.ts";

const { only } = parseArgs({ options: { only: { type: "string", multiple: true, default: [""] } } }).values;
/** What a test may read that a defect may be planted in; all else are links. */
const COPIED = [".github", "package-lock.json", "package.json", "scripts", "src", "test"];

const lineOf = ({ what, file, test: [place, ...names] }: Attack): string =>
  [what, file, `${place}: ${names.join(" > ")}`].join("  |  ");
const chosen = attacks.filter((attack) => only.some((words) => lineOf(attack).includes(words)));
const { root, remove } = copyRepository(COPIED);
/** How each test ends without a defect. */
const sound = new Map<string, Outcome>();
let caught = 0;
const started = performance.now();
try {
  for (const attack of chosen) {
    const { what, file, undo, test } = attack;
    const key = test.join("\n");
    const before = sound.get(key) ?? (await runTest(root, test));
    sound.set(key, before);
    const mend = plant(join(root, file), [undo], what);
    const after = await runTest(root, test);
    mend();
    const isCaught = before.kind === "green" && after.kind === "red";
    caught += Number(isCaught);
    console.log(`${isCaught ? "caught" : "MISSED"}  |  ${lineOf(attack)}`);
    if (isCaught) continue;
    console.log(`        expected green without the defect and red with it, got ${before.kind} and ${after.kind}`);
    for (const { kind, why } of [before, after]) if (kind !== "green") console.log(why.replace(/^/gm, "        "));
  }
} finally {
  remove();
}
const seconds = Math.round((performance.now() - started) / 1000);
console.log(
  `${chosen.length} attacks on ${sound.size} tests: ${caught} caught, ${chosen.length - caught} missed, in ${seconds} s`,
);
process.exitCode = caught === chosen.length && chosen.length > 0 ? 0 : 1;
