import assert from "node:assert/strict";
import { test } from "node:test";
import { counted } from "./index.ts";

test("one of a thing is called by its own name", () => {
  assert.deepEqual([counted(1, "row"), counted(0, "row"), counted(2, "row")], ["1 row", "0 rows", "2 rows"]);
  assert.deepEqual([counted(1, "class", "classes"), counted(3, "class", "classes")], ["1 class", "3 classes"]);
  assert.deepEqual([counted("1", "token"), counted("1,234", "token")], ["1 token", "1,234 tokens"]);
});
