import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Random } from "../fuzz/random.ts";
import { Strangers } from "./strangers.ts";

/** Chooses a file of one name, and that it be empty. */
class EmptyFile extends Random {
  readonly #name: string;
  readonly #chances = [true, false, true];

  constructor(name: string) {
    super(1);
    this.#name = name;
  }

  override chance = (): boolean => this.#chances.shift()!;
  override pick = <T>(list: readonly T[]): T => list.find((each) => each === this.#name)!;
}

test("a person's file may be empty, but not where an empty one is as good as none", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-strangers-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const sizeOf = (name: string): number => {
    new Strangers(folder).plant(new EmptyFile(name));
    return lstatSync(join(folder, name)).size;
  };
  assert.equal(sizeOf("config.json"), 0);
  assert.ok(sizeOf("checkpoints/run.log.jsonl") > 0);
});
