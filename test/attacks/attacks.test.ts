// `npm run attacks` takes minutes; that its list is true to the files is seen in no time.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { attacks } from "./attacks.ts";

const root = join(import.meta.dirname, "../..");

test("what keeps each attack out stands once in its file, its test's file is there, and no attack stands twice", () => {
  for (const { what, file, undo, test } of attacks) {
    const found = readFileSync(join(root, file), "utf8").split(undo[0]).length - 1;
    assert.equal(found, 1, `${what}: ${file} has it ${found} times: ${undo[0]}`);
    assert.notEqual(undo[0], undo[1], what);
    assert.ok(existsSync(join(root, test[0])), `${what}: ${test[0]}`);
  }
  assert.equal(new Set(attacks.map(({ what }) => what)).size, attacks.length);
});
