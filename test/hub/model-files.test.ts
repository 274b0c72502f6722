import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { BESIDE_WEIGHTS, WEIGHTS_FILE } from "../../src/models/index.ts";
import { hubWorld, MODEL, noise } from "./hub-world.fixture.ts";

test("all that is read of a model's folder is downloaded, and nothing else", async (context) => {
  const read = [...BESIDE_WEIGHTS, WEIGHTS_FILE];
  const files = Object.fromEntries([...read, "README.md", "flax_model.msgpack"].map((name) => [name, noise(100, name)]));
  const { model } = await hubWorld(context, { repos: [{ type: "model", id: MODEL, files }] });
  assert.deepEqual(readdirSync(await model()).sort(), read.sort());
});
