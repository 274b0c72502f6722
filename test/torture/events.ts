import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ended, RunOptions } from "./crisp-process.ts";
import { type Episode, OUT } from "./episode.ts";
import type { Fault, FaultKind } from "./fault.ts";
import { hashAt, treeOf } from "./model-set.ts";
import { checkpointsIn } from "./strangers.ts";
import { LABELS, type Reference } from "./world.ts";

/** One kind of thing that happens. */
export interface EventKind {
  readonly name: string;
  /** How often, against the others. */
  readonly weight: number;
  happen(episode: Episode): Promise<void>;
}

/** Where a model waits to take the place of another. */
const STAGED = String.raw`\.crisp-(next|staging)`;
/** Calls that a model's change of place is made of: few of all, and the ones that matter most. */
const SWAP = String.raw`${STAGED}|/${OUT}/(onnx/)?[^/]*\.(json|safetensors|onnx|tmp)$`;
const CODES = ["EROFS", "EACCES", "EIO"] as const;
const DAY_MS = 24 * 3600 * 1000;

const whenSwapped = ({ random }: Episode): { at: number; path: string } =>
  random.pick([
    { at: 1 + random.below(100), path: SWAP },
    { at: 1 + random.below(12), path: String.raw`^rename .*/${OUT}/(?!checkpoints|\.crisp\.lock)` },
  ]);

/** Where a fault strikes: anywhere, in the swap, among the checkpoints, or among the locks. */
function when(episode: Episode, calls: number): { at: number; path?: string } {
  const { random } = episode;
  return random.pick([
    { at: 1 + random.below(calls) },
    whenSwapped(episode),
    { at: 1 + random.below(24), path: "/checkpoints/" },
    { at: 1 + random.below(16), path: String.raw`\.crisp\.lock` },
  ]);
}

/** Train something new, or go on with what was stopped. */
async function trainSomehow(
  episode: Episode,
  fault: (calls: number, bytes: number) => Omit<RunOptions, "bundle" | "cwd">,
): Promise<Ended> {
  const { random, world, strangers, started, out } = episode;
  const goesOn = started.length > 0 && checkpointsIn(out, strangers.names).size > 0 && random.chance(0.5);
  const variant = goesOn ? undefined : random.pick(world.references);
  const { calls, bytes } = (variant ?? started[0]).counted;
  return episode.train(variant, fault(calls, bytes), random.chance(0.95));
}

/** What was disturbed is finished, most of the time, and is then what it would have been. */
async function continueIt(episode: Episode, { code }: Ended): Promise<void> {
  const { random, strangers, started, out } = episode;
  if (code === 0 || started.length === 0 || checkpointsIn(out, strangers.names).size === 0 || random.chance(0.3)) return;
  await episode.train(undefined);
}

const disturbed = (
  name: string,
  weight: number,
  fault: (episode: Episode, calls: number, bytes: number) => Omit<RunOptions, "bundle" | "cwd">,
): EventKind => ({
  name,
  weight,
  async happen(episode) {
    const ended = await trainSomehow(episode, (calls, bytes) => fault(episode, calls, bytes));
    await continueIt(episode, ended);
  },
});

/** Wait until a process stands still, or is at its end. */
async function standing(paused: string, running: Promise<Ended>): Promise<boolean> {
  let over = false;
  void running.then(() => {
    over = true;
  });
  while (!over) {
    if (hashAt(paused) !== undefined) return true;
    await sleep(10);
  }
  return false;
}

/** While one process stands still in the middle of its work, another one wants the folder. */
async function together(episode: Episode): Promise<void> {
  const { random, world, out } = episode;
  const paused = join(episode.cwd, "paused");
  const variant = random.pick(world.references);
  // what is no lock and no look whether the folder can be written is only touched under the lock
  const path = random.pick([STAGED, "/checkpoints/.*checkpoint-", `/${OUT}/(?!.*(crisp\\.lock|\\.probe\\.|checkpoints$))`]);
  const at = 1 + random.below(random.pick([3, 30]));
  const fault = episode.fault({ kind: "pause", at, path, paused });
  const before = episode.saved;
  const running = episode.train(variant, { fault });
  if (await standing(paused, running)) {
    episode.story.push(`a training of ${variant.name} stands still at call ${at} on ${path}`);
    const tree = () => JSON.stringify([...treeOf(out, (each) => /\.crisp\.lock|\.probe\.crisp-/.test(each))]);
    const was = tree();
    const other = random.pick(world.references);
    const shiftMs = random.pick([-1, 1]) * DAY_MS;
    const clock = episode.fault({ kind: "clock", at: 1, shiftMs, fileShiftMs: random.pick([0, shiftMs]) });
    const options = { fault: random.chance(0.5) ? clock : undefined };
    const what = random.below(3);
    if (what === 0) {
      const answer = await world.reader.read(out);
      const allowed = [before?.says, variant.says];
      if ("says" in answer ? !allowed.includes(answer.says) : answer.code === "unexpected")
        episode.violated(`while it is written, the model is read as ${JSON.stringify(answer)}`);
    } else {
      const command = what === 1 ? [...commandOf(other), "--overwrite_output_dir"] : ["train", "--resume_from_checkpoint", OUT];
      const second = await episode.crisp(command, options);
      if (second.code === 0) episode.violated("two processes worked in one folder at once");
      else if (second.errors[0]?.code !== "file/busy" && !(what === 2 && second.errors[0]?.code === "cli/no-checkpoint"))
        episode.violated(`the second process was not told that the first one works there: ${second.stderr}`);
    }
    if (tree() !== was) episode.violated("the second process changed the folder that the first one works in");
    rmSync(paused);
  }
  await running;
}

const commandOf = ({ data, options }: Reference): string[] => [
  "train",
  `data/${data}`,
  "--model",
  "model",
  "--device",
  "cpu",
  "--output_dir",
  OUT,
  ...options,
];

/** Other rows of the same size and time, as a restored copy or a coarse clock makes them. */
function changeRows(path: string): () => void {
  const was = readFileSync(path);
  const { atime, mtime } = statSync(path);
  const changed = was.toString("utf8").replace(/[a-z]{4}(?=[^\n]*\tpositive)/g, (word) => [...word].reverse().join(""));
  writeFileSync(path, changed);
  utimesSync(path, atime, mtime);
  return () => {
    writeFileSync(path, was);
    utimesSync(path, atime, mtime);
  };
}

/** The data change while a run is stopped, or while it runs; they come back, and the run is what it would have been. */
async function changedData(episode: Episode): Promise<void> {
  const { random, world } = episode;
  const variant = random.pick(world.references.filter(({ name }) => name !== "phases"));
  const data = join(episode.cwd, "data", variant.data);
  const path = "/checkpoints/.*checkpoint-2";
  const change = (): (() => void) => {
    const back = changeRows(data);
    episode.remember();
    episode.dataChanged = true;
    episode.person(`a person changes data/${variant.data}`);
    return () => {
      back();
      episode.remember();
      episode.dataChanged = false;
      episode.person(`a person restores data/${variant.data}`);
    };
  };
  if (random.chance(0.5)) {
    const paused = join(episode.cwd, "paused");
    // rows in memory are those that were read; rows on the disk are looked at again
    const running = episode.train(variant, { fault: episode.fault({ kind: "pause", at: 1, path, paused }) }, true);
    if (!(await standing(paused, running))) return void (await running);
    const back = change();
    rmSync(paused);
    await running;
    back();
    return;
  }
  const { code } = await episode.train(variant, { fault: episode.fault({ kind: "kill", at: 5, path }) });
  if (code !== undefined) return;
  const back = change();
  const resumed = await episode.crisp(["train", "--resume_from_checkpoint", OUT]);
  if (resumed.code === 0) episode.violated("a run was continued with other data than it was started with");
  back();
  await episode.checkModel();
  await episode.train(undefined);
}

/** A fault of a command that writes little. */
const smallFault = (episode: Episode): Fault | undefined => {
  const { random } = episode;
  const faults: readonly FaultKind[] = [
    { kind: "kill", at: 1 + random.below(40) },
    { kind: "full", at: 1 + random.below(4000) },
    { kind: "fail", at: 1 + random.below(40), code: random.pick(CODES), once: random.chance(0.5) },
  ];
  return random.chance(0.8) ? episode.fault(random.pick(faults)) : undefined;
};

/** Rows are classified into a file that must be new. */
async function predict(episode: Episode): Promise<void> {
  const { random, world, saved, cwd } = episode;
  if (!saved) return void (await episode.train(random.pick(world.references)));
  const file = join(cwd, LABELS);
  const old = hashAt(file);
  const { code } = await episode.crisp(["predict", OUT, "data/a.tsv", "--device", "cpu", "--output_file", LABELS], {
    fault: smallFault(episode),
  });
  const now = hashAt(file);
  const whole = (await world.answers(saved)).get(LABELS);
  if (old !== undefined && now !== old) episode.violated("predict changed a file that was there");
  else if (old !== undefined && code === 0) episode.violated("predict took a file that was there for a new one");
  else if (old === undefined && now !== undefined && now !== whole) episode.violated("a file of predictions is not whole");
  else if (code === 0 && now === undefined) episode.violated("predict ended well, and there is no file");
  if (random.chance(0.8)) rmSync(file, { force: true });
  await episode.checkModel();
}

/** Rows are judged; what is written of that is what was there, or what an undisturbed command writes. */
async function evaluate(episode: Episode): Promise<void> {
  const { random, world, saved, cwd } = episode;
  if (!saved) return void (await episode.train(random.pick(world.references)));
  const judged = (): ReadonlyMap<string, string> => treeOf(join(cwd, "judged"));
  const old = judged();
  const { code } = await episode.crisp(["eval", OUT, "data/a.tsv", "--device", "cpu", "--output_dir", "judged"], {
    fault: smallFault(episode),
  });
  const [whole, now] = [await world.answers(saved), judged()];
  for (const name of ["errors.csv", "right-answers.json", "predictions.jsonl"]) {
    const is = now.get(name);
    if (is !== whole.get(name) && (code === 0 || is !== old.get(name))) episode.violated(`judged/${name} is neither old nor new`);
  }
  await episode.checkModel();
}

/** Everything that happens. */
export const EVENTS: readonly EventKind[] = [
  disturbed("kill", 5, (episode, calls) => ({ fault: episode.fault({ kind: "kill", ...when(episode, calls) }) })),
  disturbed("kill-in-swap", 2, (episode) => ({ fault: episode.fault({ kind: "kill", ...whenSwapped(episode) }) })),
  disturbed("kill-by-time", 1, ({ random }) => ({ killAfterMs: 100 + random.below(3000) })),
  disturbed("disk-full", 3, (episode, _, bytes) => ({
    fault: episode.fault({ kind: "full", at: 1 + episode.random.below(episode.random.chance(0.3) ? 2000 : bytes) }),
  })),
  disturbed("read-only", 3, (episode, calls) => {
    const code = episode.random.pick(CODES);
    return { fault: episode.fault({ kind: "fail", code, once: episode.random.chance(0.4), ...when(episode, calls) }) };
  }),
  disturbed("clock", 1, (episode, calls) => {
    const shifts = [-400 * DAY_MS, -DAY_MS, -60_000, 600_000, DAY_MS, 400 * DAY_MS];
    const [shiftMs, fileShiftMs] = [episode.random.pick(shifts), episode.random.pick([0, ...shifts])];
    return { fault: episode.fault({ kind: "clock", shiftMs, fileShiftMs, ...when(episode, calls) }) };
  }),
  disturbed("undisturbed", 1, () => ({})),
  { name: "two-at-once", weight: 3, happen: together },
  { name: "changed-data", weight: 2, happen: changedData },
  { name: "predict", weight: 2, happen: predict },
  { name: "eval", weight: 2, happen: evaluate },
];
