import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVER_OPTIONS } from "./server-options.ts";

test("open requests have half of the 10 seconds that docker stop gives, so that a batch can end in the other half", () => {
  assert.ok(SERVER_OPTIONS.stop_timeout.default <= 5);
});
