import { appendFileSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Random } from "../fuzz/random.ts";
import { hashAt, treeOf } from "./model-set.ts";

/** Names that a person's file may have in an output folder and below it; none is one that Crisp writes there. */
const OWN_NAMES = [
  ...["notes.txt", "thesis.docx", "model (1).safetensors", "onnx/notes.txt", "checkpoints/notes.txt", "checkpoints/2/notes.txt"],
  ...[
    "checkpoints/keep/checkpoint-1.crisp",
    "checkpoints/best.crisp.bak",
    "checkpoints/folds/notes.txt",
    "runs/old.json",
    ".hidden",
  ],
  ...[
    ".thesis.txt.crisp-backup.tmp",
    ".crisp-staging.mine/notes.txt",
    "checkpoints/contrastive/notes.txt",
    "README.txt",
    "checkpoints/2",
  ],
];
/** Empty it is as good as none, since a killed process may leave it so: a person's has something in it. */
const RUN_LOG = "checkpoints/run.log.jsonl";
/** Names that Crisp writes: a command then refuses to begin. */
const CLASHES = [
  ...[
    "config.json",
    "model.safetensors",
    "README.md",
    "errors.csv",
    "right-answers.json",
    "report.html",
    "vocab.txt",
    "onnx/model_quantized.onnx",
  ],
  ...["checkpoints/checkpoint-3.crisp", "checkpoints/command.json", RUN_LOG, ".crisp-next", "onnx", "checkpoints"],
];
/** Files of Crisp that are people's to edit. */
const EDITABLE = ["README.md", "errors.csv", "right-answers.json", "report.html"];

/** People's files in an output folder: what they were when they were put there. */
export class Strangers {
  readonly #folder: string;
  readonly #known = new Map<string, string>();
  /** Those whose names Crisp would write. */
  readonly #clashes = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#known.keys());
  }

  /** Whether a command may rightly refuse to begin. */
  get mayRefuse(): boolean {
    return this.#clashes.size > 0;
  }

  /** @returns What was done, in words. */
  plant(random: Random): string | undefined {
    const clashes = random.chance(0.15);
    const name = random.pick(clashes ? CLASHES : OWN_NAMES);
    const path = join(this.#folder, name);
    if (!this.#isFree(name)) return undefined;
    mkdirSync(dirname(path), { recursive: true });
    if (random.chance(0.15)) symlinkSync(random.pick(["nowhere", "../data/a.tsv"]), path);
    else writeFileSync(path, random.chance(0.1) && name !== RUN_LOG ? "" : `years of work ${random.bits()}`);
    this.#remember(name, clashes);
    return `a person's ${name}`;
  }

  /** A person changes one of Crisp's files, which is theirs from then on. */
  edit(random: Random): string | undefined {
    const name = random.pick(EDITABLE);
    const path = join(this.#folder, name);
    if (this.#known.has(name) || !lstatSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
    appendFileSync(path, `a remark ${random.bits()}`);
    this.#remember(name, true);
    return `a person edits ${name}`;
  }

  /** The person moves away what is in the way. */
  moveAway(): string | undefined {
    if (this.#clashes.size === 0) return undefined;
    for (const name of this.#clashes) {
      rmSync(join(this.#folder, name), { force: true });
      this.#known.delete(name);
    }
    const moved = [...this.#clashes].join(", ");
    this.#clashes.clear();
    return `a person moves away ${moved}`;
  }

  /** @returns What became of each that is not as it was. */
  changed(): string[] {
    return [...this.#known].flatMap(([name, was]) => {
      const is = this.#facts(name);
      return is === was ? [] : [`a person's ${name} was ${was}, is ${is}`];
    });
  }

  #remember(name: string, clashes: boolean): void {
    this.#known.set(name, this.#facts(name));
    if (clashes) this.#clashes.add(name);
  }

  /** Nothing is there, and every folder on the way is one. */
  #isFree(name: string): boolean {
    const parts = name.split("/");
    return parts.every((_, at) => {
      const found = lstatSync(join(this.#folder, ...parts.slice(0, at + 1)), { throwIfNoEntry: false });
      return !found || (at < parts.length - 1 && found.isDirectory());
    });
  }

  #facts(name: string): string {
    const path = join(this.#folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) return "gone";
    if (found.isSymbolicLink()) return `a link to ${readlinkSync(path)}`;
    return `${hashAt(path)} of ${found.mtimeMs}`;
  }
}

/** Checkpoints and finished folds below a folder, other than people's files: path and hash of each. */
export function checkpointsIn(folder: string, strangers: ReadonlySet<string>): ReadonlySet<string> {
  const found = [...treeOf(join(folder, "checkpoints"))].filter(
    ([path]) => /(^|\/)(checkpoint-\d+\.crisp|fold-\d+\.json)$/.test(path) && !strangers.has(`checkpoints/${path}`),
  );
  return new Set(found.map(([path, hash]) => `${path} ${hash}`));
}

/** Whether a run can surely be continued: some phase of it may be all there is otherwise. */
export const hasCheckpoints = (folder: string, strangers: ReadonlySet<string>): boolean =>
  [...checkpointsIn(folder, strangers)].some((each) => /^([1-9]\d*\/)?checkpoint-/.test(each));
