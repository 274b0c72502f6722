import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Random, seedOf } from "../fuzz/random.ts";
import { type Ended, type RunOptions, runCrisp } from "./crisp-process.ts";
import { type Fault, type FaultKind, inWords } from "./fault.ts";
import { modelSet, treeOf } from "./model-set.ts";
import { checkpointsIn, hasCheckpoints, Strangers } from "./strangers.ts";
import { prepareFolder, type Reference, trainInto, type World } from "./world.ts";

/** Something that must not happen. */
export interface Violation {
  readonly episode: number;
  /** Kind of the event. */
  readonly event: string;
  readonly what: string;
  /** All that was done in the episode until then. */
  readonly story: readonly string[];
}

/** Where all commands of an episode write. */
export const OUT = "out";

/** Of what no command should leave anything, once one ended well. */
const LEFTOVER = /(^|\/)\.crisp-(staging|next)|\.tmp$|\.crisp\.lock/;

/**
 * One output folder and what happens to it. The state is the torturer's own: which model was saved last, which runs were started, and
 * which files are people's.
 */
export class Episode {
  readonly world: World;
  readonly number: number;
  readonly random: Random;
  readonly cwd: string;
  readonly out: string;
  readonly strangers: Strangers;
  readonly violations: Violation[] = [];
  readonly story: string[] = [];
  /** Name of the event that goes on. */
  event = "";
  /** What the folder holds. */
  saved: Reference | undefined;
  /** Of which runs the newest checkpoints may be. */
  started: readonly Reference[] = [];
  /** Data of a run are not what they were when it began. */
  dataChanged = false;
  #given: ReadonlyMap<string, string> = new Map();

  constructor(world: World, number: number, seed: number) {
    this.world = world;
    this.number = number;
    this.random = new Random(seedOf(seed, `episode ${number}`));
    this.cwd = join(world.folder, `episode-${number}`);
    this.out = join(this.cwd, OUT);
    this.strangers = new Strangers(this.out);
    mkdirSync(this.cwd);
    prepareFolder(world.folder, this.cwd);
    this.remember();
  }

  /** The data and models that people gave are as they are now; called again where a person changes them. */
  remember(): void {
    this.#given = this.#inputs();
  }

  violated(what: string): void {
    if (this.violations.length === 0) this.story.push(`in ${this.cwd}`);
    this.violations.push({ episode: this.number, event: this.event, what, story: [...this.story] });
  }

  /** Run a command, write down what came of it, and check what holds for every end. */
  async crisp(command: readonly string[], options: Omit<RunOptions, "bundle" | "cwd"> = {}): Promise<Ended> {
    const ended = await runCrisp(command, { bundle: this.world.bundle, cwd: this.cwd, ...options });
    const end = ended.code === undefined ? "killed" : `code ${ended.code}`;
    const how = options.killAfterMs === undefined ? inWords(options.fault) : `killed after ${options.killAfterMs} ms`;
    this.story.push(`crisp ${command.join(" ")}   [${how}] → ${[end, ...ended.errors.map(({ message }) => message)].join(": ")}`);
    this.#checkEnd(ended, options);
    return ended;
  }

  #checkEnd({ code, errors, stderr }: Ended, { fault, killAfterMs }: Pick<RunOptions, "fault" | "killAfterMs">): void {
    if (code === undefined && fault?.kind !== "kill" && killAfterMs === undefined) this.violated("hangs");
    if (/unexpected error|^\s+at .*(file:|node:)|Uncaught|Unhandled/m.test(stderr))
      this.violated(`an unexpected error: ${stderr}`);
    if (code === undefined || code === 0) return;
    if (errors.length !== 1) this.violated(`ended with code ${code} and ${errors.length} lines that say why: ${stderr}`);
    for (const error of errors)
      if (error.code === "unexpected" || error.message.includes("\n")) this.violated(`an unexpected error: ${error.message}`);
  }

  set = (): string | undefined => modelSet(this.out, this.strangers.names);

  /** A training that may be disturbed; `undefined` continues the one that was started. */
  async train(variant: Reference | undefined, how: Omit<RunOptions, "bundle" | "cwd"> = {}, overwrite = true): Promise<Ended> {
    const hadCheckpoints = hasCheckpoints(this.out, this.strangers.names);
    const wasEmpty = treeOf(this.out).size === 0;
    const before = checkpointsIn(this.out, this.strangers.names);
    const command = variant
      ? [...trainInto(OUT, variant), ...(overwrite ? ["--overwrite_output_dir"] : [])]
      : ["train", "--resume_from_checkpoint", OUT];
    const ended = await this.crisp(command, how);
    const targets = variant ? [variant] : this.started;
    if (variant) {
      const after = checkpointsIn(this.out, this.strangers.names);
      const isNew = [...after].some((each) => !before.has(each));
      this.started = isNew || before.size === 0 ? [variant] : this.started;
    }
    const failed = how.fault?.kind === "fail" || how.fault?.kind === "full";
    if (ended.code === 0) this.#endedWell(targets, !failed);
    else if (ended.code !== undefined) {
      const disturbed = how.fault !== undefined && how.fault.kind !== "clock" && how.fault.kind !== "pause";
      const mayRefuse = this.dataChanged || this.strangers.mayRefuse || (variant ? !overwrite && !wasEmpty : !hadCheckpoints);
      if (!disturbed && !mayRefuse) this.violated(`refused without a reason: ${ended.stderr}`);
    }
    await this.checkModel(targets);
    return ended;
  }

  #endedWell(targets: readonly Reference[], leavesNothing: boolean): void {
    const set = this.set();
    const found = targets.find((target) => target.set === set);
    if (!found) {
      const other = this.world.references.find((reference) => reference.set === set);
      this.violated(`ended well, but the model is ${other?.name ?? "none"}, not ${targets.map(({ name }) => name).join(" or ")}`);
      return;
    }
    this.saved = found;
    this.started = [found];
    const left = [...treeOf(this.out).keys()].filter((path) => LEFTOVER.test(path) && !isOfPeople(path, this.strangers.names));
    if (leavesNothing && left.length > 0) this.violated(`ended well and left ${left.join(", ")}`);
  }

  /** The folder holds the model that was there, or one of some others, whole; nothing of people's has changed. */
  async checkModel(others: readonly Reference[] = []): Promise<void> {
    const answer = await this.world.reader.read(this.out);
    const set = this.set();
    const allowed = [...(this.saved ? [this.saved] : []), ...others];
    const found = allowed.find((reference) => reference.set === set);
    if ("says" in answer) {
      if (!found) this.violated(`is read as a model, but is none of ${allowed.map(({ name }) => name).join(", ") || "none"}`);
      else if (found.says !== answer.says) this.violated(`the model ${found.name} says ${answer.says}, not ${found.says}`);
    } else if (answer.code === "unexpected" || answer.message.includes("\n")) {
      this.violated(`is read with an unexpected error: ${answer.message}`);
    } else if (this.saved && !this.strangers.mayRefuse) {
      this.violated(`the model ${this.saved.name} that was there is refused: ${answer.message}`);
    }
    if (found) this.saved = found;
    this.checkPeoplesFiles();
  }

  checkPeoplesFiles(): void {
    for (const change of this.strangers.changed()) this.violated(change);
    const now = this.#inputs();
    for (const path of new Set([...this.#given.keys(), ...now.keys()])) {
      const [was, is] = [this.#given.get(path), now.get(path)];
      if (was !== is) this.violated(`${path} was ${was}, is ${is}`);
    }
    this.remember();
  }

  #inputs(): ReadonlyMap<string, string> {
    const named = (folder: string) =>
      [...treeOf(join(this.cwd, folder))].map(([path, hash]) => [`${folder}/${path}`, hash] as const);
    return new Map([...named("data"), ...named("model")]);
  }

  /** What a person did, if anything. */
  person(done: string | undefined): void {
    if (done !== undefined) this.story.push(done);
  }

  /** A fault, in the story as in the environment. */
  fault = (fault: FaultKind): Fault => ({ ...fault, root: this.cwd });
}

const isOfPeople = (path: string, names: ReadonlySet<string>): boolean =>
  [...names].some((name) => name === path || name.startsWith(`${path}/`));
