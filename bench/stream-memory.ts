// Peak memory of training on a file larger than memory should be: node bench/stream-memory.ts --model <folder> [--gigabytes 5] [--steps 100]
// Generates a small and a large TSV of made-up rows, trains the same number of updates on each in a process of its own, and compares.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { train } from "../src/api/index-node.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    gigabytes: { type: "string", default: "5" },
    steps: { type: "string", default: "100" },
    folder: { type: "string", default: tmpdir() },
    only: { type: "string" },
  },
});
const { model, steps, folder, only } = values;
if (model === undefined) throw new Error("usage: node bench/stream-memory.ts --model FOLDER [--gigabytes 5] [--steps 100]");

/** Rows of 4 to 20 words and a number that makes each its own, until the file is large enough. */
function write(path: string, bytes: number): void {
  const words = [
    "good",
    "bad",
    "film",
    "plot",
    "actor",
    "scene",
    "great",
    "dull",
    "story",
    "music",
    "long",
    "short",
    "the",
    "of",
  ];
  const file = openSync(path, "w");
  writeSync(file, "sentence\tlabel\n");
  let [row, written] = [0, 0];
  while (written < bytes) {
    let text = "";
    for (let line = 0; line < 50_000; line++, row++) {
      const length = 4 + ((row * 7) % 17);
      for (let at = 0; at < length; at++) text += `${words[(row * (at + 3) + at * at) % words.length]} `;
      text += `${row}\t${row % 2}\n`;
    }
    written += writeSync(file, text);
  }
  closeSync(file);
}

if (only !== undefined) {
  const run = train({ data: only, model, maxSteps: Number(steps), evalStrategy: "no", maxLength: 64, device: "cpu" });
  let first = 0;
  const started = performance.now();
  for await (const event of run) if (event.type === "step" && event.step === 1) first = performance.now() - started;
  await run.result;
  console.log(
    JSON.stringify({
      peak: process.resourceUsage().maxRSS * 1024,
      seconds: (performance.now() - started) / 1000,
      first: first / 1000,
    }),
  );
} else {
  const sizes = { small: 2e6, large: Number(values.gigabytes) * 1e9 };
  const peaks: number[] = [];
  for (const [name, bytes] of Object.entries(sizes)) {
    const path = join(folder, `crisp-stream-${name}.tsv`);
    write(path, bytes);
    try {
      const words = [import.meta.filename, "--model", model, "--steps", steps, "--only", path];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8", maxBuffer: 1e8 });
      if (status !== 0) throw new Error(stderr);
      const { peak, seconds, first } = JSON.parse(stdout.trim().split("\n").at(-1)!) as Record<
        "peak" | "seconds" | "first",
        number
      >;
      peaks.push(peak);
      const size = (statSync(path).size / 1e6).toFixed(0);
      console.log(
        `${name} file, ${size} MB: ${steps} updates, peak ${(peak / 1e6).toFixed(0)} MB, first update after ${first.toFixed(1)} s, ${seconds.toFixed(1)} s in all`,
      );
    } finally {
      rmSync(path);
    }
  }
  const more = (peaks[1] - peaks[0]) / 1e6;
  console.log(`the large file takes ${more.toFixed(0)} MB more`);
  if (more > 300) process.exitCode = 1;
}
