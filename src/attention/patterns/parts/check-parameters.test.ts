import assert from "node:assert/strict";
import { test } from "node:test";
import * as exported from "../../index.ts";
import { patterns } from "../registry.ts";

const attention: Readonly<Record<string, unknown>> = exported;

/** Factories of the registry by name, without dense, which has no parameters. */
const factories = Object.entries(patterns)
  .filter(([, { parameters }]) => parameters.length > 0)
  .map(([name]) => [name, attention[name] as (options: unknown) => unknown] as const);

test("every pattern refuses a parameter that it does not read, and names the nearest", () => {
  assert.ok(factories.length >= 11);
  for (const [name, create] of factories) {
    const near = `${patterns[name].parameters[0]}s`;
    assert.throws(() => create({ [near]: 0.5 }), {
      code: "pattern/bad-parameter",
      message: new RegExp(`^${name}: .*got ${near}\\. Did you mean`),
    });
  }
});

test("every pattern refuses what is no object of parameters", () => {
  for (const [name, create] of factories) {
    for (const given of [null, 0.8, "sparsity=0.8"]) {
      assert.throws(() => create(given), {
        code: "pattern/bad-parameter",
        message: new RegExp(`^${name}: expected an object with `),
      });
    }
  }
});

test("combinators refuse what is no pattern, and parsePattern what is no text", () => {
  for (const combine of [exported.inOrder, exported.anyOf]) {
    assert.throws(() => combine("topK" as never), { code: "pattern/bad-parameter", message: /expected patterns, such as topK/ });
    assert.throws(() => combine(exported.topK as never), { code: "pattern/bad-parameter" });
  }
  assert.throws(() => exported.parsePattern(3 as never), { code: "pattern/syntax" });
});
