import assert from "node:assert/strict";
import { test } from "node:test";
import { asTexts, withoutPasswords } from "./shown-values.ts";

test("no part of a password is shown, wherever it stands in an address", () => {
  for (const [text, shown] of [
    ["--database=postgres://me:open@sesame@db/studies", "--database=postgres://me@db/studies"],
    [
      "'postgres://me@db/studies?password=sesame&sslmode=require' --jobs 2",
      "'postgres://me@db/studies?sslmode=require' --jobs 2",
    ],
    [
      '{"data":"https://me:sesame@host/a.csv","more":["http://you:sesame@host"]}',
      '{"data":"https://me@host/a.csv","more":["http://you@host"]}',
    ],
    ["http://localhost:5000 --mail me@host", "http://localhost:5000 --mail me@host"],
  ])
    assert.equal(withoutPasswords(text), shown);
});

test("secrets, and what has no value, are no settings", () => {
  const values = { hubToken: "sesame", password: "sesame", seed: 1, none: null, list: ["a"], data: "https://me:sesame@host/a" };
  assert.deepEqual(asTexts(values), { seed: "1", list: '["a"]', data: "https://me@host/a" });
});
