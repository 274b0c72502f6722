import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CrispError } from "../../src/errors/index.ts";
import { readCorpus } from "./corpus.ts";
import { fuzz } from "./fuzz-loop.ts";
import { Random } from "./random.ts";
import { runTarget } from "./run-target.ts";
import { check, judge, type Target } from "./target.ts";
import { targets } from "./targets.ts";

/** The committed corpus first, then changes of it: a few seconds in all. `npm run fuzz` tries many more. */
const INPUTS = 250;

describe("inputs that once found something, and some new ones, find nothing", { concurrency: 2 }, () => {
  for (const { name, seeds } of targets) {
    test(name, async () => {
      const starts = seeds().length + readCorpus(name).length;
      const { findings, inputs, outcomes } = await runTarget({ target: name, seed: 1, inputs: starts + INPUTS, coverage: false });
      assert.deepEqual(
        findings.map(({ what, bytes }) => `${what}\n  input in base64: ${Buffer.from(bytes).toString("base64").slice(0, 2000)}`),
        [],
      );
      assert.equal(inputs, starts + INPUTS);
      assert.ok(Object.keys(outcomes ?? {}).length >= 2, "the reader both reads and refuses");
    });
  }
});

describe("the fuzzer finds", () => {
  const target = (run: Target["run"]): Target => ({
    name: "made-up",
    seeds: () => [Uint8Array.of(1, 2, 3)],
    mutate: (random, bytes) => Uint8Array.from(bytes, () => random.below(256)),
    run,
    memory: { floor: 1 << 20, factor: 10 },
  });
  const found = async (run: Target["run"], inputs = 40): Promise<string[]> =>
    (await fuzz(target(run), { seed: 1, inputs })).findings.map(({ what }) => what);

  test("nothing in a reader that keeps the rules", async () => {
    assert.deepEqual(await found((bytes) => bytes.length), []);
    assert.deepEqual(
      await found(() => {
        throw new CrispError("data/parquet", "one line");
      }),
      [],
    );
  });
  test("an error that is no CrispError, now and then", async () => {
    const findings = await found((bytes) => {
      if (bytes[0] < 120) (null as unknown as number[]).map(String);
    });
    assert.match(findings.join(), /^TypeError/);
  });
  test("a rejection", async () => {
    assert.match((await found(() => Promise.reject(new RangeError("no")))).join(), /^RangeError: no/);
  });
  test("an answer that contradicts itself", async () => {
    assert.match((await found((bytes) => check(bytes.length !== 3, "three"))).join(), /^Error: inconsistent: three/);
  });
  test("a code of another form", async () => {
    const { finding } = await judge(
      target(() => {
        throw new CrispError("Bad code", "x");
      }),
      new Uint8Array(),
    );
    assert.match(finding ?? "", /the code "Bad code"/);
  });
  test("memory: typed arrays, views that copy, and lists", async () => {
    const hold: unknown[] = [];
    for (const take of [
      () => new Float32Array(1 << 20),
      () => new Uint8Array(4 << 20).slice(),
      () => Uint16Array.from({ length: 1 << 20 }),
      () => new Uint8Array(new ArrayBuffer(4 << 20)),
      () => Array.from({ length: 1 << 18 }, (_, at) => [at]),
    ]) {
      assert.match((await found(() => void hold.push(take()), 2)).join(), /too much memory/, String(take));
      hold.length = 0;
    }
    assert.match((await found(() => void new Uint8Array(2 ** 33))).join(), /an allocation of 8589934592 bytes/);
  });
  test("time", async () => {
    let calls = 0;
    const findings = await found(() => {
      // the first call is the one that is not counted
      const end = process.threadCpuUsage().user + (calls++ === 0 ? 0 : 1.1e6);
      while (process.threadCpuUsage().user < end) for (let at = 0; at < 1e6; at++) Math.sqrt(at);
    }, 1);
    assert.match(findings.join(), /^too slow: \d{4} ms/);
  });
});

test("inputs that reach new code are kept, and are no news to a run that starts from them", async () => {
  const task = { target: "zip", seed: 1, inputs: 200, coverage: true };
  const { kept = [], blocks = 0 } = await runTarget(task);
  assert.ok(kept.length > 0 && blocks > 0);
  const again = await runTarget({ ...task, known: kept });
  const content = (all: readonly Uint8Array[] = []): string[] => all.map((bytes) => Buffer.from(bytes).toString("hex"));
  const known = new Set(content(kept));
  assert.ok((again.blocks ?? 0) >= blocks && !content(again.kept).some((bytes) => known.has(bytes)));
});

test("the same seed gives the same inputs, another one others", async () => {
  const inputsOf = async (seed: number): Promise<string> => {
    const seen: string[] = [];
    await fuzz(targets[0], { seed, inputs: 60, onInput: (bytes) => void seen.push(Buffer.from(bytes).toString("base64")) });
    return seen.join();
  };
  assert.equal(await inputsOf(5), await inputsOf(5));
  assert.notEqual(await inputsOf(5), await inputsOf(6));
});

test("sizes stay within their bounds", () => {
  const random = new Random(1);
  for (const most of [1, 2, 12, 4096]) {
    const sizes = Array.from({ length: 4000 }, () => random.size(most));
    assert.equal(Math.min(...sizes), 1);
    assert.equal(Math.max(...sizes), most);
    assert.ok(Array.from({ length: 500 }, () => random.few(4)).every((few) => few >= 1 && few <= 4));
  }
});
