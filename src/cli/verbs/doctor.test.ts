import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { hubCacheFolder, type MachineFacts, probeInChild } from "../machine.ts";
import { diagnose } from "./diagnosis.ts";

const healthy: MachineFacts = {
  crisp: "0.1.0",
  node: "24.21.0",
  system: "linux x64",
  cpu: { model: "CPU", cores: 2, features: [] },
  memory: { totalBytes: 2 ** 34, availableBytes: 2 ** 33 },
  workingFolder: { path: "/work", writable: true, freeBytes: 2 ** 36 },
  hubCache: { path: "/cache", exists: true, writable: true, offline: false },
  webAssemblySimd: true,
  runtimes: {
    "onnxruntime-node": { loads: true, version: "1.30.0", providers: ["cpu"], gigaflops: 140 },
    "onnxruntime-web": { loads: true, version: "1.30.0", providers: ["wasm"], gigaflops: 29 },
  },
};
const missing = { loads: false, problem: "Cannot find package 'onnxruntime-node' imported from main.js" };
const broken = { loads: false, problem: "no wasm" };

test("a healthy machine has no finding", () => assert.deepEqual(diagnose(healthy), []));

const cases: [name: string, facts: Partial<MachineFacts>, level: string, what: RegExp][] = [
  ["an old Node", { node: "22.11.0" }, "problem", /Node 22\.11\.0 is older than 22\.12/],
  [
    "a missing native runtime",
    { runtimes: { ...healthy.runtimes, "onnxruntime-node": missing } },
    "warning",
    /is not installed; Crisp falls back to onnxruntime-web \(WebAssembly\), about 3 to 5 times slower/,
  ],
  [
    "a broken native runtime",
    { runtimes: { ...healthy.runtimes, "onnxruntime-node": { loads: true, problem: "bad glibc" } } },
    "warning",
    /does not work: bad glibc; Crisp falls back/,
  ],
  [
    "a broken fallback",
    { runtimes: { ...healthy.runtimes, "onnxruntime-web": broken } },
    "warning",
    /onnxruntime-web does not work: no wasm/,
  ],
  [
    "no runtime at all",
    { runtimes: { "onnxruntime-node": missing, "onnxruntime-web": broken } },
    "problem",
    /neither runtime works/,
  ],
  ["no WebAssembly SIMD", { webAssemblySimd: false }, "problem", /SIMD/],
  ["little memory", { memory: { totalBytes: 2 ** 34, availableBytes: 2 ** 30 } }, "warning", /1\.0 GiB of memory is free/],
  [
    "a read-only folder",
    { workingFolder: { path: "/work", writable: false, freeBytes: 2 ** 36 } },
    "problem",
    /\/work cannot be written/,
  ],
  [
    "a full disk",
    { workingFolder: { path: "/work", writable: true, freeBytes: 2 ** 29 } },
    "warning",
    /0\.5 GiB of disk is free/,
  ],
  ["an unwritable model cache", { hubCache: { ...healthy.hubCache, writable: false } }, "warning", /\/cache cannot be written/],
];
for (const [name, facts, level, what] of cases) {
  test(`${name} is one ${level} with a next step`, () => {
    const findings = diagnose({ ...healthy, ...facts });
    assert.equal(findings.length, 1);
    assert.equal(findings[0]!.level, level);
    assert.match(findings[0]!.what, what);
    assert.ok(findings[0]!.next.length > 10);
  });
}

test("problems come before warnings", () => {
  const findings = diagnose({ ...healthy, memory: { totalBytes: 1, availableBytes: 1 }, webAssemblySimd: false });
  assert.deepEqual(
    findings.map(({ level }) => level),
    ["problem", "warning"],
  );
});

test("a runtime that loads is measured, with its version and providers", async () => {
  const probe = await probeInChild("onnxruntime-web");
  assert.equal(probe.problem, undefined);
  assert.match(probe.version!, /^1\.\d+\.\d+/);
  assert.deepEqual(probe.providers, ["wasm"]);
  assert.ok(probe.gigaflops! > 0);
});

test("a runtime that is not installed is an answer, not an exception", async () => {
  const probe = await probeInChild("onnxruntime-of-nobody");
  assert.equal(probe.loads, false);
  assert.match(probe.problem!, /Cannot find package 'onnxruntime-of-nobody'/);
});

test("a runtime that ends its process is an answer too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-doctor-"));
  try {
    const entry = join(folder, "dies.mjs");
    writeFileSync(entry, "process.stderr.write('illegal instruction\\n'); process.abort();");
    const probe = await probeInChild("anything", pathToFileURL(entry));
    assert.equal(probe.loads, false);
    assert.match(probe.problem!, /ended with SIGABRT \(illegal instruction\)/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the Hub's cache is where Python's huggingface_hub has it", () => {
  assert.equal(hubCacheFolder({ HF_HOME: "/a", HF_HUB_CACHE: "/b" }), "/b");
  assert.equal(hubCacheFolder({ HF_HOME: "/a" }), join("/a", "hub"));
  assert.equal(hubCacheFolder({ XDG_CACHE_HOME: "/c" }), join("/c", "huggingface", "hub"));
});
