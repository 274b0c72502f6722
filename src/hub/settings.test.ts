import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { hubSettings } from "./settings-node.ts";

const cacheOf = (env: Record<string, string>) => hubSettings(env).cacheFolder;

test("the cache is found as Python finds it", () => {
  assert.equal(cacheOf({}), join(homedir(), ".cache/huggingface/hub"));
  assert.equal(cacheOf({ XDG_CACHE_HOME: "/x" }), resolve("/x/huggingface/hub"));
  assert.equal(cacheOf({ XDG_CACHE_HOME: "/x", HF_HOME: "/h" }), resolve("/h/hub"));
  assert.equal(cacheOf({ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old" }), resolve("/old"));
  assert.equal(cacheOf({ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/c" }), resolve("/c"));
});

test("~ and variables in a path are expanded, unknown ones stay", () => {
  assert.equal(cacheOf({ HF_HOME: "~/hf" }), join(homedir(), "hf/hub"));
  assert.equal(cacheOf({ HF_HUB_CACHE: "$DATA/$" + "{SUB}/c", DATA: "/d", SUB: "s" }), resolve("/d/s/c"));
  assert.equal(cacheOf({ HF_HUB_CACHE: "/$NONE/c" }), resolve("/$NONE/c"));
});

test("the token comes from HF_TOKEN, its old name, or the file, without line breaks", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-token-"));
  context.after(() => rmSync(folder, { recursive: true }));
  assert.equal(hubSettings({ HF_HOME: folder }).token, undefined);
  writeFileSync(join(folder, "token"), " hf_file\r\n");
  assert.equal(hubSettings({ HF_HOME: folder }).token, "hf_file");
  assert.equal(hubSettings({ HF_HOME: "/nowhere", HF_TOKEN_PATH: join(folder, "token") }).token, "hf_file");
  assert.equal(hubSettings({ HF_HOME: folder, HUGGING_FACE_HUB_TOKEN: "hf_old" }).token, "hf_old");
  assert.equal(hubSettings({ HF_HOME: folder, HF_TOKEN: "hf_new\n", HUGGING_FACE_HUB_TOKEN: "hf_old" }).token, "hf_new");
});

test("offline is what Python takes for true", () => {
  for (const value of ["1", "ON", "yes", "True"]) assert.equal(hubSettings({ HF_HUB_OFFLINE: value }).offline, true, value);
  for (const value of ["0", "", "no", "offline"]) assert.equal(hubSettings({ HF_HUB_OFFLINE: value }).offline, false, value);
  assert.equal(hubSettings({ TRANSFORMERS_OFFLINE: "1" }).offline, true);
});

test("the endpoint loses its last slash; timeouts are in seconds", () => {
  assert.equal(hubSettings({}).endpoint, "https://huggingface.co");
  const settings = hubSettings({ HF_ENDPOINT: "http://mirror:8080/", HF_HUB_DOWNLOAD_TIMEOUT: "30", HF_HUB_ETAG_TIMEOUT: "x" });
  assert.deepEqual(
    [settings.endpoint, settings.silenceTimeoutMs, settings.answerTimeoutMs],
    ["http://mirror:8080", 30_000, 10_000],
  );
});
