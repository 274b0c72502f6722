import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { FullDiskReport } from "./full-disk-child.fixture.ts";
import { hubWorld, noise, WEIGHT_BYTES } from "./hub-world.fixture.ts";
import { assertCacheIsRight, incompleteFiles, locksLeft } from "./right-cache.fixture.ts";

const right = createHash("sha256").update(noise(WEIGHT_BYTES)).digest("hex");
/** A disk of a few hundred kilobytes in a mount namespace of its own, gone with the process; needs root or user namespaces (Linux). */
const onSmallDisk = (command: string) => ["-rm", "sh", "-c", `mount -t tmpfs -o size=600k tmpfs "$HF_HOME" && ${command}`];
const canMount = spawnSync("unshare", onSmallDisk("true"), { env: { ...process.env, HF_HOME: "/mnt" } }).status === 0;

test("a real full disk in the middle of a file is one clear error, and nothing of the file stays", {
  skip: canMount ? false : "a small disk cannot be mounted here",
}, async (context) => {
  const slow = { kind: "slow", path: "model.safetensors", bytesPerPiece: 20_000, pauseMs: 5 } as const;
  const { server, home } = await hubWorld(context, { faults: [slow] });
  const node = `"${process.execPath}" "${fileURLToPath(new URL("./full-disk-child.fixture.ts", import.meta.url))}" fill`;
  const env = { ...process.env, HF_HOME: home, HF_ENDPOINT: server.url, HF_HUB_CACHE: undefined };
  const child = spawn("unshare", onSmallDisk(`exec ${node}`), { env, stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  await new Promise((resolve) => child.on("close", resolve));
  const report = JSON.parse(stdout) as FullDiskReport;
  assert.equal(report.code, "hub/disk-full");
  assert.match(
    report.message,
    /^ada\/tiny\/model\.safetensors: expected 0\.3 MB of room in .*, got a full disk\. .*Free some space/,
  );
  assert.ok(!report.cached.some((path) => path.endsWith("model.safetensors")));
  assert.deepEqual(report.incomplete, []);
  assert.ok(report.after.includes("models--ada--tiny/model.safetensors"), "with room again, it works");
});

for (const code of ["ENOSPC", "EDQUOT"]) {
  test(`${code} from a write is one clear error, and nothing of the file stays`, async (context) => {
    const { model, cache, settings } = await hubWorld(context);
    const writeAt: typeof settings.writeAt = async (file, bytes, position) => {
      if (position > 100_000) throw Object.assign(new Error("made up"), { code, syscall: "write" });
      return settings.writeAt(file, bytes, position);
    };
    const got = code === "ENOSPC" ? "a full disk" : "a used-up quota";
    await assert.rejects(model({}, { writeAt }), {
      code: "hub/disk-full",
      message: new RegExp(`got ${got}\\. What had come of it was removed`),
    });
    assert.ok(!assertCacheIsRight(cache).includes("models--ada--tiny/model.safetensors"));
    assert.deepEqual([incompleteFiles(cache, right), locksLeft(cache)], [[], []]);
  });
}

test("a file larger than the room on the disk is refused before its first byte", async (context) => {
  const { model, server } = await hubWorld(context);
  // a made-up listing: the file itself need not exist
  const repo = server.repos.get("models/ada/tiny")!;
  const tree = repo.tree.bind(repo);
  repo.tree = (commit, from) => {
    const [page, next] = tree(commit, from);
    const huge = (entry: unknown) =>
      (entry as { lfs?: object }).lfs
        ? { ...(entry as object), lfs: { ...(entry as { lfs: object }).lfs, size: 2 ** 60 } }
        : entry;
    return [page.map(huge), next];
  };
  await assert.rejects(model(), { code: "hub/disk-full", message: /MB of free space in .*, got .* MB\. Free some space/ });
  assert.ok(!server.requests.some(({ url }) => url.includes("model.safetensors")));
});
