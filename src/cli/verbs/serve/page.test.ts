import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./page.ts";
import { schemasOf } from "./schemas.ts";
import type { ServedModel } from "./served-model.ts";

test("a folder's name stands on the page as text: neither markup nor control characters", async () => {
  const facts = { reads: "texts", pairs: "never", ofWords: false, fields: [], task: "single-label" } as const;
  const name = "<b>a\u001b[2J\u202e";
  const model = { name, facts, schemas: schemasOf(facts, 3, 100), batcher: null as unknown as ServedModel["batcher"] };
  const text = String(await page([model, { ...model, name: "<i>" }], "http://127.0.0.1:8080/", false));
  assert.ok(text.includes("<h1>&lt;b&gt;a\\u001b[2J\\u202e</h1>"), text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(text, /[\u001b\u202e]|<b>|<i>/);
});
