// Peak memory of making a study's report from a database with many others in it: see bench/store.ts.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../src/studies/index-node.ts";
import { writeReviews, writeTinyModel } from "../test/tiny-model.fixture.ts";

const MAIN = join(import.meta.dirname, "../src/cli/main.ts");
/** Says at the end, on a line of its own, the most memory that the process had, in kilobytes. */
const SAY_PEAK = 'data:text/javascript,process.on("exit",()=>console.error("\\npeak "+process.resourceUsage().maxRSS))';
const ARMS = 10;
const EXAMPLES = 200;

interface Ended {
  readonly text: string;
  readonly seconds: number;
}

/** @param stopOn - Ctrl-C once this was printed. */
function crisp(args: readonly string[], stopOn?: RegExp): Promise<Ended> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", SAY_PEAK, MAIN, ...args]);
    let [text, stopped] = ["", false];
    const hear = (piece: Buffer): void => {
      text += piece;
      if (!stopped && stopOn?.test(text)) stopped = child.kill("SIGINT");
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("close", () => resolve({ text, seconds: (performance.now() - started) / 1000 }));
  });
}

/**
 * Let `crisp study` report on studies of 10 arms whose runs are all finished: one that a few runs were done of, the others being their copies.
 *
 * @param sizes - Numbers of runs, multiples of 10.
 * @returns Peak resident memory, in MB, and seconds of each.
 */
export async function reportMemory(database: Connection, url: string, sizes: readonly number[]) {
  const folder = mkdtempSync(join(tmpdir(), "crisp-bench-report-"));
  try {
    const model = writeTinyModel(join(folder, "model"));
    const [train, reported] = [
      writeReviews(folder, "train.tsv", 100),
      writeReviews(folder, "reported.tsv", EXAMPLES, "reported"),
    ];
    const arms = Array.from({ length: ARMS }, (_, at) =>
      at === 0 ? { name: "dense", pattern: "dense" } : { name: `window-${at}`, pattern: `slidingWindow(radius=${at})` },
    );
    const found = [];
    for (const runs of sizes) {
      const study = `reported-${runs}`;
      const spec = join(folder, `${study}.json`);
      const seeds = Array.from({ length: runs / ARMS }, (_, seed) => seed);
      const files = { train_file: train, validation_file: reported };
      writeFileSync(spec, JSON.stringify({ study, model, ...files, arms, seeds, options: { max_steps: 2 } }));
      const command = ["study", spec, "--database", url, "--output_dir", join(folder, study), "--device", "cpu"];
      // one seed of every arm at least
      await crisp([...command, "--parallel_runs", "1", "--json"], /"arm":"window-9"/);
      await copyRuns(database, study);
      const { text, seconds } = await crisp(command);
      const peak = /peak (\d+)/.exec(text);
      if (!peak || !text.includes("report.html")) throw new Error(text);
      found.push({ runs, megabytes: Number(peak[1]) / 1024, seconds });
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Finish every run as the first finished one of its arm was. */
async function copyRuns(database: Connection, study: string): Promise<void> {
  const pairs = `(SELECT copy.run AS copy, copy.seed, (SELECT one.run FROM crisp.runs AS one
    WHERE one.study = $1 AND one.arm = copy.arm AND one.state = 'done' ORDER BY one.position LIMIT 1) AS one
    FROM crisp.runs AS copy WHERE copy.study = $1 AND copy.state <> 'done') AS pairs`;
  await database.query(
    `INSERT INTO crisp.predictions SELECT copy, kind, classes, probabilities FROM ${pairs} JOIN crisp.predictions AS p ON p.run = one`,
    [study],
  );
  await database.query(
    `INSERT INTO crisp.results SELECT copy, call, jsonb_set(result::jsonb, '{record,seed}', to_jsonb(seed))::json
     FROM ${pairs} JOIN crisp.results AS r ON r.run = one`,
    [study],
  );
  await database.query("UPDATE crisp.runs SET state = 'done', finished = now() WHERE study = $1", [study]);
}
