// A torture run that finds nothing proves nothing unless it finds what is there.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MUTATIONS, mutated } from "./mutations.ts";
import { torture, type Violation } from "./torture.ts";

describe("a torture run finds", () => {
  for (const mutation of MUTATIONS) {
    test(mutation.name, { timeout: 300_000 }, async (context) => {
      const { source, remove } = mutated(mutation);
      try {
        const stop = (found: readonly Violation[]): boolean => found.some(({ what }) => mutation.violation.test(what));
        const { violations, events } = await torture({ ...mutation, source, seed: 1, episodes: 30, seconds: 200, stop });
        const happened = [...events.values()].reduce((sum, count) => sum + count, 0);
        assert.ok(stop(violations), violations.map(({ what }) => what).join("\n") || `nothing in ${happened} events`);
        context.diagnostic(`after ${happened} events`);
      } finally {
        remove();
      }
    });
  }
});
