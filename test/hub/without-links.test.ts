import assert from "node:assert/strict";
import fs, { lstatSync, readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { downloadModel } from "../../src/hub/index-node.ts";
import { hubWorld, MODEL, modelFiles } from "./hub-world.fixture.ts";

test("where links are impossible, as on Windows without developer mode, files lie in the snapshot themselves, as Python puts them", async (context) => {
  const { server, settings, cache } = await hubWorld(context);
  context.mock.method(fs.promises, "symlink", async () => {
    throw Object.assign(new Error("made up"), { code: "EPERM", syscall: "symlink" });
  });
  syncBuiltinESMExports();
  context.after(() => {
    context.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const folder = await downloadModel(MODEL, { settings });
  for (const name of readdirSync(folder)) {
    assert.ok(lstatSync(join(folder, name)).isFile(), name);
    assert.deepEqual(fs.readFileSync(join(folder, name)), Buffer.from(modelFiles()[name]));
  }
  assert.deepEqual(readdirSync(join(cache, "models--ada--tiny/blobs")), []);
  server.requests.length = 0;
  assert.equal(await downloadModel(MODEL, { settings }), folder);
  assert.deepEqual(server.downloads(), []);
});
