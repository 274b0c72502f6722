import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { optionReference } from "./option-reference.ts";

test("docs/options.md is what node src/cli/option-reference.ts writes", async () => {
  assert.equal(readFileSync(join(import.meta.dirname, "../../docs/options.md"), "utf8"), await optionReference());
});
