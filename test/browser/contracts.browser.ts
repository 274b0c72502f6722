// The suites that Node runs, in headless Chromium on WebAssembly and on WebGPU: `npm run test:browser`.
import assert from "node:assert/strict";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { demoLossCurve } from "../../src/runs/loss-curve.fixture.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";
import { launchChromium } from "./chromium.ts";
import browserAssert from "./contracts/assert.ts";
import type { Outcome } from "./contracts/node-test.ts";
import type { Order, Report } from "./contracts/worker.ts";
import { serve } from "./serve.ts";

const root = join(import.meta.dirname, "../..");
const built = join(root, ".cache/browser-contracts");
const fixtures = readdirSync(join(root, "test/fixtures/models")).filter((name) => name.endsWith(".safetensors"));

/** Milliseconds from which a test of the browser says how long it took. */
const SLOW = 5000;

let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
before(async () => {
  await build({ configFile: join(import.meta.dirname, "contracts/vite.config.ts"), logLevel: "warn" });
  cpSync(join(root, "test/fixtures/models"), join(built, "models"), { recursive: true });
  server = await serve(built);
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  server?.close();
});

test("the stand-in for assert agrees with Node's", async () => {
  const values = [
    0,
    -0,
    1,
    "1",
    Number.NaN,
    null,
    undefined,
    [],
    [1],
    [1, 2],
    { a: 1 },
    { a: undefined },
    {},
    new Map([[1, [2]]]),
  ];
  const more = [
    new Map([[1, [3]]]),
    Float32Array.of(1, -0),
    Float32Array.of(1, 0),
    Int32Array.of(1, 0),
    new Set([1]),
    new Set([2]),
    [undefined],
  ];
  const passes = (check: () => unknown): boolean => {
    try {
      check();
      return true;
    } catch {
      return false;
    }
  };
  for (const a of [...values, ...more]) {
    for (const b of [...values, ...more]) {
      for (const name of ["equal", "notEqual", "deepEqual", "notDeepEqual"] as const) {
        const [mine, theirs] = [passes(() => browserAssert[name](a, b)), passes(() => assert[name](a, b))];
        assert.equal(mine, theirs, `${name} of ${String(a)} and ${String(b)}`);
      }
    }
  }
  const error = Object.assign(new Error("no way"), { code: "x/y" });
  const expectations = [
    /way/,
    /may/,
    { code: "x/y" },
    { code: "x" },
    { message: /^no/ },
    { message: "no way" },
    { message: "no" },
    { name: "Error" },
  ];
  for (const expected of expectations) {
    const thrower = (): never => {
      throw error;
    };
    const mine = passes(() => browserAssert.throws(thrower, expected));
    assert.equal(
      mine,
      passes(() => assert.throws(thrower, expected)),
      `throws ${String(expected)}`,
    );
    const settled = (promise: Promise<unknown>) =>
      promise.then(
        () => true,
        () => false,
      );
    assert.equal(await settled(browserAssert.rejects(Promise.reject(error), expected)), mine, `rejects ${String(expected)}`);
  }
  assert.equal(
    passes(() => browserAssert.throws(() => 1)),
    false,
  );
  assert.equal(
    passes(() => browserAssert.ok(0)),
    false,
  );
  assert.equal(
    passes(() => browserAssert.match("a", /b/)),
    false,
  );
});

interface Ran {
  readonly outcomes: readonly Outcome[];
  readonly started?: Extract<Report, { type: "started" }>;
  readonly curve?: Extract<Report, { type: "curve" }>;
}

/** Run suites in a page of their own. */
async function runInPage(order: Order): Promise<Ran> {
  const page = await browser.newPage();
  const outcomes: Outcome[] = [];
  let started: Ran["started"];
  let curve: Ran["curve"];
  let running = true;
  const finished = new Promise<void>((resolve, reject) => {
    page.on("pageerror", reject);
    page.on("crash", () => reject(new Error("the page crashed")));
    page.on("close", () => running && reject(new Error("the browser ended before the suites did")));
    void page.exposeFunction("report", (report: Report) => {
      if (report.type === "outcome") outcomes.push(report.outcome);
      else if (report.type === "started") started = report;
      else if (report.type === "curve") curve = report;
      else if (report.type === "finished") resolve();
      else reject(new Error(report.message));
    });
  });
  await page.goto(server.url);
  await page.evaluate((given) => window.runSuites(given), order);
  await finished;
  running = false;
  await page.close();
  return { outcomes, started, curve };
}

const addresses = (which: (at: number) => boolean): string[] =>
  fixtures.filter((_, at) => which(at)).map((name) => `${server.url}models/${name}`);

const cpu = createRuntime({ device: "cpu" }).then((runtime) => demoLossCurve(runtime));

for (const device of ["wasm", "webgpu"] as const) {
  describe(`in Chromium on ${device}`, () => {
    // two pages at once, for two cores
    const pages = (): Promise<Ran>[] => [
      runInPage({ device, suites: ["operators", "models"], fixtures: addresses((at) => at % 3 === 0) }),
      runInPage({ device, suites: ["training", "models"], fixtures: addresses((at) => at % 3 !== 0) }),
    ];
    let ran: readonly Ran[] = [];
    before(async () => {
      ran = await Promise.all(pages());
    });

    test("is cross-origin isolated, and WebAssembly has its threads", () => {
      for (const { started } of ran) {
        assert.equal(started?.isolated, true);
        if (device === "wasm") assert.equal(started?.threads, 2);
      }
    });

    test("every test of the suites passes", async (t) => {
      const outcomes = ran.flatMap(({ outcomes }) => outcomes);
      assert.ok(outcomes.filter(({ title }) => title.includes("values and gradients")).length >= 30, "operators are missing");
      for (const name of fixtures) {
        // dense and top-k, evaluation and training; fixtures of other tasks are dense
        const least = name.startsWith("case-") ? 4 : 2;
        const found = outcomes.filter(({ title }) => title.includes(`parity with transformers: ${name}`)).length;
        assert.ok(found >= least, `${found} tests of ${name}, expected ${least}`);
      }
      for (const { title, error, ms, diagnostics } of outcomes) {
        await t.test(title, (inner) => {
          for (const text of diagnostics) inner.diagnostic(text);
          if (ms > SLOW) inner.diagnostic(`${(ms / 1000).toFixed(1)} s in the browser`);
          if (error !== undefined) throw new Error(error);
        });
      }
    });

    test("100 updates have the losses of the CPU, and no parameter crosses to the GPU or back", async (t) => {
      const { losses, parameterBytes, first, perUpdate } = ran.find(({ curve }) => curve)!.curve!;
      const expected = await cpu;
      assert.equal(losses.length, 100);
      const off = Math.max(...losses.map((loss, at) => Math.abs(loss - expected.losses[at])));
      t.diagnostic(`${device}: at most ${off.toExponential(1)} from the CPU`);
      assert.ok(off <= 1e-3, `off by ${off}`);
      if (device !== "webgpu") return;
      t.diagnostic(`bytes an update, counted at WebGPU: ${JSON.stringify(perUpdate)}; parameters: ${parameterBytes}`);
      t.diagnostic(`bytes before the second update: ${JSON.stringify(first)}`);
      // values and two moments: what is counted is there to be seen
      assert.ok(first.toDevice >= 3 * parameterBytes, "the start values were not counted");
      assert.ok(perUpdate.toDevice > 0 && perUpdate.toHost > 0, "nothing was counted");
      assert.ok(perUpdate.toDevice < parameterBytes / 20, "parameters or gradients went to the device");
      assert.ok(perUpdate.toHost < parameterBytes / 20, "parameters or gradients came to the host");
    });
  });
}
