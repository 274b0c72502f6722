// GLUE by name from a hub on this machine, its metrics beside scikit-learn's and SciPy's on the same predictions:
//   node test/hub/glue.ts --python python3 --glue <folder of GLUE's files> --model <model folder> [--rows 2000] [--tasks cola,rte]
// Python needs pyarrow, scikit-learn and scipy.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startHubServer } from "./hub-server.fixture.ts";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    glue: { type: "string" },
    model: { type: "string" },
    rows: { type: "string", default: "2000" },
    tasks: { type: "string", default: "cola,rte,mrpc,sst2" },
    work: { type: "string", default: ".cache/glue" },
  },
});
const { python, glue, model, rows, tasks, work } = values;
if (glue === undefined || model === undefined)
  throw new Error("usage: node test/hub/glue.ts --glue FOLDER --model FOLDER [--python python3]");
const root = resolve(import.meta.dirname, "../..");
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
console.log(
  execFileSync(python, [join(root, "scripts/glue-parquet.py"), glue, join(work, "parquet"), "--rows", rows], {
    encoding: "utf8",
  }),
);

const server = await startHubServer({
  repos: [
    { type: "dataset", id: "nyu-mll/glue", folder: join(work, "parquet") },
    { type: "model", id: "ada/encoder", folder: model },
  ],
});
const env = { ...process.env, HF_ENDPOINT: server.url, HF_HOME: join(work, "home") };
const crisp = (...words: string[]): Promise<string> => {
  console.log(`$ crisp ${words.join(" ")}`);
  return new Promise((done, fail) => {
    // not spawnSync: the server lives in this process
    import("node:child_process").then(({ execFile }) =>
      execFile(process.execPath, [join(root, "src/cli/main.ts"), ...words], { env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
        error ? fail(new Error(`${stdout}${stderr}`)) : done(stdout),
      ),
    );
  });
};
let [worst, compared] = [0, 0];
try {
  for (const task of tasks.split(",")) {
    const folder = join(work, task);
    const options = ["--num_train_epochs", "2", "--learning_rate", "1e-4", "--device", "cpu", "--no-onnx"];
    const said = await crisp(
      "train",
      "--dataset_name",
      `glue/${task}`,
      "--model",
      "ada/encoder",
      "--output_dir",
      folder,
      ...options,
    );
    console.log(
      said
        .split("\n")
        .filter((line) => line.startsWith("held out"))
        .join("\n"),
    );
    await crisp("eval", folder, "--dataset_name", `glue/${task}`, "--output_dir", join(folder, "eval"), "--device", "cpu");
    const ours = JSON.parse(readFileSync(join(folder, "crisp.json"), "utf8")) as { metrics: Record<string, number> };
    const { status, stdout, stderr } = spawnSync(
      python,
      [join(root, "scripts/glue-metrics.py"), task, join(folder, "eval", "predictions.jsonl")],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(stderr);
    for (const [name, value] of Object.entries(JSON.parse(stdout) as Record<string, number>)) {
      const own = ours.metrics[name];
      if (own === undefined) continue;
      compared++;
      worst = Math.max(worst, Math.abs(own - value));
      console.log(`  ${task} ${name}: Crisp ${own}, scikit-learn ${value}`);
    }
  }
} finally {
  await server.close();
}
console.log(
  `${compared} figures, largest difference ${worst.toExponential(1)}; ${server.requests.length} requests, ${server.downloads().length} downloads`,
);
if (!(worst <= 1e-9 && compared >= tasks.split(",").length)) process.exitCode = 1;
