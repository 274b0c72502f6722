import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { lockFolder, lockHolder } from "../../files/index-node.ts";
import { trainCommand } from "./action-routes.ts";
import { createProcesses } from "./processes.ts";
import { openRoot } from "./root.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-actions-"));
after(() => rmSync(work, { recursive: true, force: true }));
writeFileSync(join(work, "tickets.csv"), "text,label\n");
mkdirSync(join(work, "models"));
const root = openRoot(work);
const form = { data: "tickets.csv", model: "distilbert/base", output: "new", attention: "", epochs: "", rate: "", seed: "" };

test("a filled form is a command of crisp train; values are never options of their own", () => {
  const { argv, output } = trainCommand(root, {
    ...form,
    output: "models/new/",
    attention: "--overwrite_output_dir",
    epochs: "2",
  });
  assert.equal(output, "models/new");
  assert.deepEqual(argv, [
    ...["train", "--train_file=tickets.csv", "--model=distilbert/base", "--output_dir=models/new"],
    ...["--attention=--overwrite_output_dir", "--num_train_epochs=2"],
  ]);
});

test("data, models and outputs outside the folder are refused, and so is an output that is there", () => {
  symlinkSync("/nowhere", join(work, "dangling"));
  const wrong = [
    { data: "../tickets.csv" },
    { data: "" },
    ...["../model", "/etc", "a/b/c", "-m", ""].map((model) => ({ model })),
    ...["models", "../new", "/tmp/new", "missing/new", "", ".new", "dangling", "models/.."].map((output) => ({ output })),
  ];
  for (const change of wrong) assert.throws(() => trainCommand(root, { ...form, ...change }), /expected/, JSON.stringify(change));
  assert.deepEqual(trainCommand(root, { ...form, model: "models" }).argv[2], "--model=models");
});

test("a process is asked once to stop, and never one that no lock of this machine names", () => {
  const killed: [number, string][] = [];
  const processes = createProcesses((pid, signal) => killed.push([pid, signal]));
  assert.throws(() => processes.stop(undefined), { code: "ui/not-running", status: 409 });
  assert.throws(() => processes.stop({ pid: process.pid, token: "own" }), { code: "ui/not-running" });
  processes.stop({ pid: 4711, token: "one" });
  assert.throws(() => processes.stop({ pid: 4711, token: "one" }), { code: "ui/asked-before" });
  processes.stop({ pid: 4711, token: "a later run" });
  assert.deepEqual(killed, [
    [4711, "SIGINT"],
    [4711, "SIGINT"],
  ]);
});

test("the holder of a folder is the process that its lock names, as long as it lives", () => {
  const folder = join(work, "held");
  assert.equal(lockHolder(folder), undefined);
  const lock = lockFolder(folder, { code: "file/busy", what: "training" });
  assert.equal(lockHolder(folder)?.pid, process.platform === "linux" ? process.pid : undefined);
  lock.release();
  assert.equal(lockHolder(folder), undefined);
  const dead = join(work, "dead/.crisp.lock");
  mkdirSync(dead, { recursive: true });
  writeFileSync(join(dead, "token"), JSON.stringify({ pid: 1, host: "another machine" }));
  assert.equal(lockHolder(join(work, "dead")), undefined);
});
