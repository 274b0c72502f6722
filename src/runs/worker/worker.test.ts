import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { CrispError } from "../../errors/index.ts";
import { nodeEnvironment } from "../environment/environment-node.ts";
import { executeRun } from "../execute.ts";
import { atFirst, endless, tinyRun } from "../tiny-run.fixture.ts";
import { startRunWorker } from "./worker-node.ts";

for (const where of ["thread", "process"] as const) {
  describe(`a worker that is a ${where}`, () => {
    test("gives the events, record and weights of a run in this thread", async () => {
      const spec = tinyRun({ keepWeights: true });
      const [here, there]: [string[], string[]] = [[], []];
      const own = (await executeRun(spec, nodeEnvironment, { onEvent: ({ type }) => here.push(type) }))!;
      const worker = startRunWorker(where);
      const result = (await worker.run(spec, { onEvent: ({ type }) => there.push(type) }))!;
      assert.deepEqual(there, here);
      assert.deepEqual({ ...result.record, seconds: 0 }, { ...own.record, seconds: 0 });
      assert.ok(isDeepStrictEqual(result.weights, own.weights));
      await worker.close();
    });

    test("hands an error on with its code, details and stack, and can then do the next run", async () => {
      const worker = startRunWorker(where);
      await assert.rejects(worker.run(tinyRun({ plan: { pattern: "topKK(sparsity=0.8)" } })), (error) => {
        assert.ok(error instanceof CrispError);
        assert.equal(error.code, "pattern/unknown");
        assert.equal(error.details.guess, "topK");
        assert.match(error.stack!, /parse-pattern/);
        return true;
      });
      assert.ok(await worker.run(tinyRun({ options: { maxSteps: 1 } })));
      await worker.close();
    });

    test("stops at a signal with null, and at one that was aborted before", async () => {
      const worker = startRunWorker(where);
      const stop = new AbortController();
      const onEvent = atFirst("step", () => stop.abort());
      assert.equal(await worker.run(tinyRun({ options: endless }), { signal: stop.signal, onEvent }), null);
      assert.equal(await worker.run(tinyRun({ options: endless }), { signal: stop.signal }), null);
      assert.ok(await worker.run(tinyRun({ options: { maxSteps: 1 } })), "the next run starts unstopped");
      await worker.close();
    });

    test("refuses runs once it is closed", async () => {
      const worker = startRunWorker(where);
      await worker.run(tinyRun({ options: { maxSteps: 1 } }));
      await worker.close();
      await assert.rejects(worker.run(tinyRun()), { code: "run/lost" });
    });
  });
}

/** Processes whose parent is this one and whose command line holds a text. */
const children = (text: string): number[] =>
  execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(text))
    .map((line) => Number.parseInt(line, 10));

test("a process that is killed in the middle of a run ends it with run/lost, not with a hang", { timeout: 20_000 }, async () => {
  const worker = startRunWorker("process");
  const onEvent = atFirst("step", () => {
    const [child] = children("worker-entry-node");
    process.kill(child, "SIGKILL");
  });
  await assert.rejects(worker.run(tinyRun({ options: endless }), { onEvent }), {
    code: "run/lost",
    message: /expected the worker to finish, got SIGKILL\./,
  });
  await worker.close();
});

test("a spec that cannot be sent is an error, not a hang", async () => {
  for (const where of ["thread", "process"] as const) {
    const worker = startRunWorker(where);
    const spec = tinyRun({ options: { report: () => {} } as object });
    await assert.rejects(worker.run(spec), /could not be cloned/);
    await worker.close();
  }
});

test("Ctrl-C of the whole process group is the parent's to judge", async () => {
  const worker = startRunWorker("process");
  const onEvent = atFirst("step", () => process.kill(children("worker-entry-node")[0], "SIGINT"));
  assert.ok(await worker.run(tinyRun(), { onEvent }));
  await worker.close();
});

test("data are given once: runs that name their hash are those that carry them, and an unknown hash is refused", async () => {
  const { data, ...spec } = tinyRun();
  const hash = "the demonstration's";
  for (const where of ["thread", "process"] as const) {
    const worker = startRunWorker(where);
    await assert.rejects(worker.run({ ...spec, data: { hash } }), { code: "run/no-data" });
    worker.hold(hash, data);
    const own = (await worker.run({ ...spec, data }))!;
    for (const seed of [1, 2]) {
      const { record } = (await worker.run({ ...spec, seed, data: { hash } }))!;
      assert.equal(isDeepStrictEqual(record.probabilities, own.record.probabilities), seed === 1);
    }
    await worker.close();
  }
});
