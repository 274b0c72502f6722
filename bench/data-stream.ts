// How fast files larger than memory are looked through and read: `node bench/data-stream.ts [MB]`, default 200 MB a format.
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStreamedDataset } from "../src/data/index-node.ts";
import { permutation } from "../src/random/index.ts";

const ROUNDS = 3;
const READS = 200;
const megabytes = Number(process.argv[2] ?? 200);
const WORDS = "kettle ladder lantern violin harbour sings waits leans hums over a slow blue flame and nobody minds".split(" ");

const rowText = (i: number): string => Array.from({ length: 6 + (i % 14) }, (_, at) => WORDS[(i * 7 + at * 3) % 17]).join(" ");
const FORMATS: Readonly<Record<string, { head: string; row: (i: number) => string }>> = {
  tsv: { head: "text\tlabel\n", row: (i) => `row ${i} ${rowText(i)}\t${i % 3}\n` },
  csv: { head: "text,label\n", row: (i) => `"row ${i}, ""${rowText(i)}""",${i % 3}\n` },
  jsonl: { head: "", row: (i) => `${JSON.stringify({ text: `row ${i} ${rowText(i)}`, label: i % 3 })}\n` },
};

function write(path: string, { head, row }: { head: string; row: (i: number) => string }): void {
  const file = openSync(path, "w");
  let size = writeSync(file, head);
  for (let i = 0; size < megabytes * 1e6; i += 5000)
    size += writeSync(file, Array.from({ length: 5000 }, (_, at) => row(i + at)).join(""));
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const folder = mkdtempSync(join(tmpdir(), "crisp-bench-"));
try {
  for (const [format, how] of Object.entries(FORMATS)) write(join(folder, `big.${format}`), how);
  const figures = new Map<string, number[]>();
  const note = (name: string, figure: number): void => {
    figures.set(name, [...(figures.get(name) ?? []), figure]);
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const format of Object.keys(FORMATS)) {
      for (const heldOut of [undefined, { seed: 1 }]) {
        const [started, cpu] = [performance.now(), process.cpuUsage()];
        const data = await openStreamedDataset(join(folder, `big.${format}`), { heldOut });
        const what = `${format}, ${heldOut ? "with held-out rows" : "index alone"}`;
        note(`${what}: MB/s`, data.bytes / 1e3 / (performance.now() - started));
        note(`${what}: MB a second of processor`, data.bytes / (process.cpuUsage(cpu).user + 1));
        if (!heldOut) {
          const reading = performance.now();
          const blocks = permutation({ seed: 1, step: 0, site: "bench" }, data.blocks).subarray(0, READS);
          let rows = 0;
          for (const block of blocks) rows += (await data.read(block)).length;
          note(`${format}, blocks read in any order: thousand rows/s`, rows / (performance.now() - reading));
        }
        await data.close();
      }
    }
  }
  for (const [name, all] of [...figures].sort())
    console.log(`${name.padEnd(62)} ${median(all).toFixed(0).padStart(6)}   (${all.map((one) => one.toFixed(0)).join(", ")})`);
} finally {
  rmSync(folder, { recursive: true });
}
