// A short torture run; `npm run torture` is the long one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceOfThisRepository } from "./fault.ts";
import { torture } from "./torture.ts";

test("whatever happens to it, an output folder holds a whole model, and people's files stay", {
  timeout: 300_000,
}, async (context) => {
  const { events, episodes, violations } = await torture({ seed: 1, episodes: 2, source: sourceOfThisRepository() });
  context.diagnostic(`${episodes} episodes: ${[...events].map(([kind, count]) => `${count} ${kind}`).join(", ")}`);
  assert.deepEqual(
    violations.map(({ event, what, story }) => [event, what, ...story].join("\n")),
    [],
  );
  assert.equal(episodes, 2);
});
