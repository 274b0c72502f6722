import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expectedGot, markdown } from "../errors/index.ts";
import { record, scalarsEvent, scalarsOf, textEvent, versionEvent } from "./event-file.ts";
import type { BegunRun, Point, TrackedRun, Tracker, TrackerKind } from "./tracker.ts";

/** Event files, `<logging_dir>/<run>/events.out.tfevents.<seconds>.<host>.<process>.<number>`: names as PyTorch gives them. */
export const tensorboard: TrackerKind = {
  isSetUp: () => true,
  open: ({ loggingDir }) => new EventFiles(loggingDir),
};

/** Begun by this process. */
let files = 0;

class EventFiles implements Tracker {
  readonly #root: string;
  #id: string | undefined;
  #file: number | undefined;
  /** Bytes that are whole records. */
  #length = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async begin(run: TrackedRun, kept?: string): Promise<BegunRun> {
    return this.#explained(() => {
      if (kept !== undefined && existsSync(join(this.#root, kept))) {
        this.#id = kept;
        return { id: kept, logged: lastSteps(join(this.#root, kept)) };
      }
      this.#id ??= newFolder(this.#root, run.name);
      this.#append([textEvent("args", asTable({ ...run.options, ...run.tags }), Date.now())]);
      return { id: this.#id, logged: new Map() };
    });
  }

  async log(points: readonly Point[]): Promise<void> {
    this.#explained(() => this.#append(points.map(scalarsEvent)));
  }

  async finish(): Promise<void> {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#length = 0;
  }

  #append(events: readonly Uint8Array[]): void {
    const time = Date.now();
    // a run that continues begins a file of its own, behind what a killed process may have left half-written
    const name = `events.out.tfevents.${Math.floor(time / 1000)}.${hostname()}.${process.pid}.${files++}`;
    this.#file ??= openSync(join(this.#root, this.#id!, name), "ax");
    const all = this.#length === 0 ? [versionEvent(time), ...events] : events;
    this.#write(Buffer.concat(all.map(record)));
  }

  /** All of it, or nothing: what a full disk took is cut off again. */
  #write(bytes: Uint8Array): void {
    try {
      // a write may stop short of what it was given
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file!, bytes, at, bytes.length - at);
    } catch (error) {
      ftruncateSync(this.#file!, this.#length);
      throw error;
    }
    this.#length += bytes.length;
  }

  #explained<Value>(act: () => Value): Value {
    try {
      return act();
    } catch (error) {
      const hint = "Free some space, or give another --logging_dir.";
      throw expectedGot("tracker/not-written", this.#root, "a folder that takes events", (error as Error).message, hint);
    }
  }
}

/** A folder that was not there: `name`, or `name-2`, `name-3` … Runs of before stay as they are. */
function newFolder(root: string, name: string): string {
  mkdirSync(root, { recursive: true });
  const plain = name.replace(/[^\w.=-]+/g, "_");
  for (let number = 1; ; number++) {
    const id = number === 1 ? plain : `${plain}-${number}`;
    try {
      mkdirSync(join(root, id));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Of each metric, over all event files of a run. */
function lastSteps(folder: string): Map<string, number> {
  const last = new Map<string, number>();
  for (const name of readdirSync(folder).filter((name) => name.includes("tfevents")))
    for (const { step, tags } of scalarsOf(readFileSync(join(folder, name))))
      for (const tag of tags) last.set(tag, Math.max(step, last.get(tag) ?? -1));
  return last;
}

const asTable = (values: Readonly<Record<string, unknown>>): string =>
  [
    "| option | value |",
    "|---|---|",
    ...Object.entries(values).map(([name, value]) => `| ${markdown.cell(name)} | ${markdown.cell(value)} |`),
  ].join("\n");
