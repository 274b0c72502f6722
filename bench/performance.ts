// The results of docs/performance.md:
//   node bench/performance.ts                        bench/results/*/*.json into the page
//   node bench/performance.ts --measure [NAME …]     measures first, all or the named ones, on a machine with nothing else to do
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { argv } from "node:process";
import type { BenchResults, OneResult } from "../src/bench/index.ts";
import { counted } from "../src/errors/index.ts";
import { paysFrom, paysSentence, wrongChoices } from "../src/report/index.ts";

const step = (model: string, batch: number, length: number, attention: string): string[] => {
  const shape = ["--model", model, "--batch", `${batch}`, "--length", `${length}`];
  return ["step", ...shape, "--attention", attention];
};
const attention = (pattern: string, length: number): string[] => [
  ...["attention", "--pattern", pattern, "--length", `${length}`],
  ...["--batch", `${Math.max(1, 2048 / length)}`],
];
/** One layer of a model's shape, with few tokens in its vocabulary. */
const layer = (model: string): string => `bench/layers/${model}`;
const block = (size: number): string => `block(sparsity=0.8, size=${size})`;

/** Arguments of `crisp bench`, by the name of the result. */
const MEASUREMENTS: Readonly<Record<string, readonly string[]>> = {
  sweep: ["--time_budget", "600", "--rounds", "5"],
  "attention-512": attention(block(64), 512),
  "attention-1024": attention(block(64), 1024),
  "attention-2048": attention(block(128), 2048),
  "attention-4096": attention(block(128), 4096),
  "attention-8192": attention(block(128), 8192),
  "attention-16384": [...attention(block(128), 16384), "--rounds", "3"],
  "window-2048": attention("slidingWindow(radius=64)", 2048),
  "window-4096": attention("slidingWindow(radius=64)", 4096),
  "window-8192": attention("slidingWindow(radius=64)", 8192),
  "step-distilbert-32x128-dense": step("distilbert", 32, 128, "dense"),
  "step-distilbert-8x512": step("distilbert", 8, 512, block(64)),
  "step-minilm-32x128-dense": step("minilm", 32, 128, "dense"),
  "step-minilm-32x64": step("minilm", 32, 64, "topK(sparsity=0.8)"),
  "step-minilm-32x128": step("minilm", 32, 128, "topK(sparsity=0.8)"),
  "step-minilm-16x256": step("minilm", 16, 256, "topK(sparsity=0.8)"),
  "step-minilm-8x512": step("minilm", 8, 512, block(64)),
  "step-minilm-2x2048": step("minilm", 2, 2048, block(128)),
  "step-minilm-1x2048": step("minilm", 1, 2048, block(128)),
  "step-minilm-1x4096": step("minilm", 1, 4096, block(128)),
  "layer-bert-1x4096": step(layer("bert-base"), 1, 4096, block(128)),
  "layer-modernbert-1x4096": step(layer("modernbert-base"), 1, 4096, block(128)),
};

type Result = BenchResults | OneResult;
const FOLDER = join(import.meta.dirname, "results");
const PAGE = join(import.meta.dirname, "../docs/performance.md");
const [BEGIN, END] = ["<!-- results: made by node bench/performance.ts -->", "<!-- end of results -->"];

/** Folders of results and their headings, by the vectors that the CPU has: they decide how fast products are beside all else. */
const KINDS: Readonly<Record<string, { readonly title: string; readonly has: RegExp }>> = {
  avx512: { title: "A CPU with AVX-512", has: /avx512f/ },
  avx2: { title: "A CPU with AVX2 and without AVX-512", has: /avx2/ },
  other: { title: "Another CPU", has: /^/ },
};
const kindOf = ({ features }: Result): string => Object.keys(KINDS).find((kind) => KINDS[kind].has.test(`${features}`))!;

/** Committed results by kind of CPU and name, in the order of `MEASUREMENTS`. */
export function readResults(): Map<string, Result[]> {
  const read = (kind: string): Result[] => {
    const found = globSync("*.json", { cwd: join(FOLDER, kind) }).map((file) => basename(file, ".json"));
    const names = [...Object.keys(MEASUREMENTS).filter((name) => found.includes(name)), ...found.sort()];
    return [...new Set(names)].map((name) => JSON.parse(readFileSync(join(FOLDER, kind, `${name}.json`), "utf8")) as Result);
  };
  return new Map(
    Object.keys(KINDS)
      .map((kind) => [kind, read(kind)] as const)
      .filter(([, results]) => results.length > 0),
  );
}

/** The page with these results in the place of those that it had. */
export function withResults(page: string, results: ReadonlyMap<string, readonly Result[]>): string {
  const [before, rest] = page.split(BEGIN);
  const [, after] = rest.split(END);
  const parts = Array.from(results, ([kind, all]) => {
    const ones = all.filter((result) => "subject" in result) as OneResult[];
    const sweeps = all.filter((result) => "series" in result) as BenchResults[];
    const lines = [...machines(all), ...(ones.length > 0 ? table(ones) : []), ...sweeps.flatMap(curves)];
    return [`### ${KINDS[kind].title}`, "", ...lines].join("\n").trimEnd();
  });
  return [before, BEGIN, "\n\n", parts.join("\n\n"), "\n\n", END, after].join("");
}

/** One line for each machine and day. */
function machines(results: readonly Result[]): string[] {
  const lines = results.map(
    ({ cpu, threads, runtime, node, date }) => `${cpu}, ${threads} threads, ${runtime}, Node ${node}, ${date.slice(0, 10)}`,
  );
  const ceilings = results.map(({ matmulGflops }) => matmulGflops);
  const loads = results.map(({ loadAverage }) => loadAverage[0]);
  const busiest = Math.max(...loads);
  const range = (values: readonly number[], digits: number): string =>
    `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
  return [
    `${[...new Set(lines)].join("; ")}. MatMul 1024³ ${range(ceilings, 0)} GFLOP/s. Load average before each measurement: ${range(loads, 1)}.`,
    ...(busiest > 2.5
      ? [
          "",
          "**Other work shared the machine: these figures show what the command gives, and no more. Measure again on an idle one.**",
        ]
      : []),
    "",
  ];
}

function table(results: readonly OneResult[]): string[] {
  const ms = (value: number | null): string => (value === null ? "" : value.toFixed(value < 100 ? 1 : 0));
  const mebibytes = (bytes: number | null): string => (bytes === null ? "" : `${Math.round(bytes / 2 ** 20)}`);
  return [
    "| what | batch × tokens | pattern, core | removed | rounds | dense ms | sparse ms | speed-up | dense MiB | sparse MiB |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...results.map((result) => {
      const { subject, batch, length, rounds, pattern, core, effectiveSparsity, denseMs, sparseMs, speedup } = result;
      const what = subject === "step" ? `step, ${result.model}` : `attention, ${result.heads} × ${result.headWidth}`;
      const removed = `${(100 * effectiveSparsity).toFixed(1)} %`;
      const cells = [what, `${batch} × ${length}`, `\`${pattern}\`, ${core}`, removed, `${rounds}`, ms(denseMs), ms(sparseMs)];
      return `| ${[...cells, speedup === null ? "" : `${speedup.toFixed(2)}×`, mebibytes(result.densePeakBytes), mebibytes(result.sparsePeakBytes)].join(" | ")} |`;
    }),
    "",
  ];
}

function curves(results: BenchResults): string[] {
  const { lengths, series, skipped } = results;
  const cells = (each: BenchResults["series"][number]): string[] =>
    lengths.map((length) => each.points.find((point) => point.length === length)?.speedup.toFixed(2) ?? "");
  return [
    `Attention alone (${results.heads} heads of ${results.headWidth}, ${counted(results.rounds, "round")}), times as fast as dense, by tokens a text:`,
    "",
    `| pattern | ${lengths.join(" | ")} | pays from |`,
    `|---|${"---|".repeat(lengths.length + 1)}`,
    ...series.map((each) => `| \`${each.pattern}\` | ${cells(each).join(" | ")} | ${paysFrom(each)} |`),
    "",
    ...series.map((each) => `- ${paysSentence(each)}`),
    ...skipped.map(({ length, why }) => `- ${length} tokens were left out: ${why}.`),
    ...wrongChoices(results).map((choice) => `- ${choice}.`),
  ];
}

function measure(name: string): void {
  console.log(`measuring ${name} …`);
  const command = [join(import.meta.dirname, "../bin/crisp.mjs"), "bench", ...MEASUREMENTS[name], "--json"];
  const cwd = join(import.meta.dirname, "..");
  const json = execFileSync(process.execPath, command, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const result = JSON.parse(json) as Result;
  const file = join(FOLDER, kindOf(result), `${name}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

if (import.meta.filename === argv[1]) {
  const [flag, ...names] = argv.slice(2);
  if (flag === "--measure") for (const name of names.length > 0 ? names : Object.keys(MEASUREMENTS)) measure(name);
  writeFileSync(PAGE, withResults(readFileSync(PAGE, "utf8"), readResults()));
}
