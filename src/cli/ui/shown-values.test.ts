import assert from "node:assert/strict";
import { test } from "node:test";
import { asTexts } from "./shown-values.ts";

test("secrets, and what has no value, are no settings", () => {
  const values = { hubToken: "sesame", password: "sesame", seed: 1, none: null, list: ["a"], data: "https://me:sesame@host/a" };
  assert.deepEqual(asTexts(values), { seed: "1", list: '["a"]', data: "https://me@host/a" });
});
