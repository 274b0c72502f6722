// What every runtime must do, held to the float64 interpreter.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cases, gradientsOf, type OpCase } from "../graph/gradient-cases.fixture.ts";
import { relativeError } from "../graph/gradient-check.fixture.ts";
import * as g from "../graph/index.ts";
import { type Bindings, bindShape, elements, input, type Node, opRecord, parameter } from "../graph/index.ts";
import { interpret } from "./interpreter.ts";
import type { HostTensor, Runtime, Session } from "./runtime.ts";

/** Largest ‖got − want‖ / max(‖want‖, FLOOR) of a float result. */
const TOLERANCE = 1e-5;
const FLOOR = 0.01;

type Numbers = Readonly<Record<string, readonly number[]>>;

/** Values as the runtime takes them. */
function tensorOf(
  { dtype, shape }: Pick<Node, "dtype" | "shape">,
  values: readonly number[],
  bindings: Bindings = {},
): HostTensor {
  const data = {
    float: () => Float32Array.from(values),
    int32: () => Int32Array.from(values),
    int64: () => BigInt64Array.from(values, BigInt),
    bool: () => Uint8Array.from(values),
    uint8: () => Uint8Array.from(values),
  }[dtype]();
  return { dtype, shape: bindShape(shape, bindings), data } as HostTensor;
}

const feedsOf = (session: Session, values: Numbers, bindings: Bindings = {}): Record<string, HostTensor> =>
  Object.fromEntries(session.inputs.map((info) => [info.name, tensorOf(info, values[info.name], bindings)]));

const zeros = (node: Node, bindings: Bindings = {}): HostTensor =>
  tensorOf(node, Array(elements(bindShape(node.shape, bindings))).fill(0), bindings);

const numbers = ({ data }: HostTensor): number[] => Array.from(data as Float32Array, Number);

/** What runs outside the graph but on WebGPU is left to the trainer, which gets its rows. */
const inGraph = (node: Node, { device }: Runtime): Node =>
  opRecord(node.op).webgpuOnly && device !== "webgpu" ? node.inputs[0] : node;

function outputsOf(subject: OpCase, runtime: Runtime): Record<string, Node> {
  const built = gradientsOf(subject).map((gradient, i) => [`gradient${i}`, inGraph(gradient, runtime)] as const);
  return { value: inGraph(subject.output, runtime), ...Object.fromEntries(built) };
}

/**
 * WebGPU has no 64-bit whole numbers: a graph that computes with some is refused, not left to the CPU. Ours only hand them on, as the
 * bound of a top-k (docs/parity.md).
 */
const isRefused = (outputs: Readonly<Record<string, Node>>, { device }: Runtime): boolean =>
  device === "webgpu" &&
  (outputs.value.op === "input"
    ? outputs.value.dtype === "int64"
    : outputs.value.op !== "topKMask" && outputs.value.inputs.some(({ dtype }) => dtype === "int64"));

const x = parameter("x", ["B", 3]);
const values: Numbers = { x: [0.5, -1, 2, 0.25, 3, -0.125] };
const two = { B: 2 };

/**
 * Run the suite of a runtime.
 *
 * @param name - Shown in the titles.
 * @param create - Called once.
 */
export function runtimeContract(name: string, create: () => Promise<Runtime>): void {
  describe(`${name}:`, () => {
    let runtime: Runtime;
    const sessions: Session[] = [];
    before(async () => {
      runtime = await create();
    });
    after(() => Promise.all(sessions.map((session) => session.release())));
    const compile = async (outputs: Readonly<Record<string, Node>>): Promise<Session> => {
      sessions.push(await runtime.compile(outputs));
      return sessions[sessions.length - 1];
    };

    test("says what it is", () => {
      assert.match(runtime.version, /^\d+/);
      assert.ok(runtime.threads >= 1);
    });

    let worst = { error: 0, name: "" };
    for (const op of new Set(cases.map((one) => one.op))) {
      const subjects = cases.filter((one) => one.op === op);
      test(`${op}: values and gradients of ${subjects.length} cases are those of float64`, async () => {
        for (const subject of subjects) {
          const outputs = outputsOf(subject, runtime);
          const want = interpret(outputs, subject.feeds, subject.bindings);
          if (isRefused(outputs, runtime)) {
            await assert.rejects(runtime.compile(outputs), /fallback to CPU EP has been explicitly disabled/, subject.name);
            continue;
          }
          const session = await runtime.compile(outputs);
          const got = await session.run(feedsOf(session, subject.feeds, subject.bindings));
          await session.release();
          for (const [key, { dtype }] of Object.entries(outputs)) {
            const where = `${subject.name}, ${key}`;
            assert.equal(got[key].dtype, dtype, where);
            assert.deepEqual([...got[key].shape], [...want[key].shape], where);
            if (dtype !== "float") {
              assert.deepEqual(numbers(got[key]), [...want[key].data], where);
              continue;
            }
            const error = relativeError(numbers(got[key]), want[key].data, FLOOR);
            assert.ok(error <= TOLERANCE, `${where}: relative error ${error}`);
            if (error > worst.error) worst = { error, name: where };
          }
        }
      });
    }
    test("the worst relative error of all cases is reported", (t) => {
      t.diagnostic(`${name}: worst ${worst.error.toExponential(1)} (${worst.name})`);
      assert.ok(worst.error > 0, "not even rounding errors: nothing was compared");
    });

    describe("outputs", () => {
      test("are written into the tensors that are given, and only those", async () => {
        const outputs = {
          float: g.exp(x),
          long: g.cast(x, "int64"),
          whole: g.cast(x, "int32"),
          flag: g.greater(x, g.constant(0)),
          free: g.neg(x),
        };
        const { free: _, ...written } = outputs;
        const session = await compile(outputs);
        const into = Object.fromEntries(Object.entries(written).map(([key, node]) => [key, zeros(node, two)]));
        const arrays = Object.fromEntries(Object.entries(into).map(([key, { data }]) => [key, data]));
        const got = await session.run(feedsOf(session, values, two), into);
        for (const key of Object.keys(written)) {
          assert.equal(got[key], into[key]);
          assert.equal(got[key].data, arrays[key]);
        }
        values.x.forEach((value, i) => {
          assert.ok(Math.abs(numbers(into.float)[i] - Math.exp(value)) < 1e-5);
        });
        assert.deepEqual(numbers(into.long), [0, -1, 2, 0, 3, 0]);
        assert.deepEqual(numbers(into.whole), [0, -1, 2, 0, 3, 0]);
        assert.deepEqual(numbers(into.flag), [1, 0, 1, 1, 1, 0]);
        assert.deepEqual(
          numbers(got.free),
          values.x.map((value) => -value),
        );
      });
      test("land in the middle of a larger buffer without touching the rest", async () => {
        const session = await compile({ y: g.scale(x, 2) });
        const buffer = new Float32Array(10).fill(9);
        await session.run(feedsOf(session, values, two), { y: { dtype: "float", shape: [2, 3], data: buffer.subarray(2, 8) } });
        assert.deepEqual([...buffer], [9, 9, 1, -2, 4, 0.5, 6, -0.25, 9, 9]);
      });
      test("of an earlier run stay as they are when a later one is given other tensors", async () => {
        const session = await compile({ y: g.neg(x) });
        const first = await session.run(feedsOf(session, values, two));
        await session.run(feedsOf(session, { x: Array(6).fill(7) }, two));
        assert.deepEqual(
          numbers(first.y),
          values.x.map((value) => -value),
        );
      });
      test("may be one node twice, an input, and a constant", async () => {
        const y = g.neg(x);
        const session = await compile({ first: y, second: y, same: x, fixed: g.constant([1, 2], [2]) });
        const got = await session.run(feedsOf(session, values, two));
        const negated = values.x.map((value) => -value);
        assert.deepEqual([numbers(got.first), numbers(got.second)], [negated, negated]);
        assert.deepEqual([numbers(got.same), numbers(got.fixed)], [values.x, [1, 2]]);
      });
    });

    describe("feeds", () => {
      const ids = input("ids", ["B"], "int32");
      const product = input("product", ["3*B"]);
      const outputs = { a: g.exp(x), b: g.add(ids, ids), c: g.neg(product) };
      const good = (): Record<string, HostTensor> => ({
        x: tensorOf(x, values.x, two),
        ids: tensorOf(ids, [4, 5], two),
        product: tensorOf(product, values.x, two),
      });
      const bad: readonly (readonly [title: string, change: Record<string, HostTensor | undefined>, message: string])[] = [
        ["missing", { x: undefined }, "feed x: expected float [B, 3], got none."],
        [
          "of another dtype",
          { x: zeros(input("x", [2, 3], "int32")) },
          "feed x: expected float [B, 3], got int32 [2, 3] with 6 values.",
        ],
        ["of another rank", { x: zeros(input("x", [6])) }, "feed x: expected float [B, 3], got float [6] with 6 values."],
        ["of another size", { x: zeros(input("x", [3, 2])) }, "feed x: expected float [B, 3], got float [3, 2] with 6 values."],
        [
          "with too few values",
          { x: { dtype: "float", shape: [2, 3], data: new Float32Array(5) } },
          "feed x: expected float [B, 3], got float [2, 3] with 5 values.",
        ],
        [
          "at odds about a symbol",
          { ids: zeros(input("ids", [3], "int32")) },
          "feed ids: expected int32 [B], got int32 [3] with 3 values. By the other feeds B is 2.",
        ],
        [
          "at odds about a product",
          { product: zeros(input("product", [9])) },
          "feed product: expected float [3*B], got float [9] with 9 values. By the other feeds 3*B is 6.",
        ],
      ];
      for (const [title, change, message] of bad) {
        test(`${title} are refused by name`, async () => {
          const session = await compile(outputs);
          const given = { ...good(), ...change } as Record<string, HostTensor>;
          await assert.rejects(session.run(given), { code: "runtime/feeds", message });
        });
      }
      test("of a size that no whole number gives, or of two sums at odds, are refused by name", async () => {
        const inputs = [input("y", ["16*nb"]), input("z", ["n"]), input("w", ["n+past", "2*past"])];
        const sums = Object.fromEntries(inputs.map((node, at) => [`out${at}`, g.neg(node)]));
        const session = await compile(sums);
        const sized = (y: number, w: readonly number[]): Record<string, HostTensor> => ({
          y: zeros(input("y", [y])),
          z: zeros(input("z", [3])),
          w: zeros(input("w", w)),
        });
        const { out2 } = await session.run(sized(32, [5, 4]));
        assert.deepEqual([...out2.shape], [5, 4]);
        await assert.rejects(session.run(sized(33, [5, 4])), { code: "runtime/feeds", message: /^feed y: .*16\*nb is 32\.$/ });
        await assert.rejects(session.run(sized(32, [5, 6])), { code: "runtime/feeds", message: /^feed w: .*2\*past is 4\.$/ });
        await assert.rejects(session.run(sized(32, [2, 0])), { code: "runtime/feeds", message: /^feed w: .*n\+past is 3\.$/ });
      });
      test("that are right pass, others by them are ignored", async () => {
        const session = await compile(outputs);
        assert.deepEqual(numbers((await session.run({ ...good(), other: zeros(x, two) })).b), [8, 10]);
      });
    });

    describe("targets", () => {
      const bad: readonly (readonly [title: string, into: (feed: HostTensor) => Record<string, HostTensor>, message: string])[] =
        [
          ["of an unknown name", () => ({ z: zeros(x, two) }), "into z: expected one of y, got z."],
          [
            "of another shape",
            () => ({ y: zeros(x, { B: 3 }) }),
            "into y: expected float [B, 3], got float [3, 3] with 9 values. By the other feeds B is 2.",
          ],
          [
            "of another dtype",
            () => ({ y: zeros(input("y", [2, 3], "bool")) }),
            "into y: expected float [B, 3], got bool [2, 3] with 6 values.",
          ],
          ["that are a feed", (feed) => ({ y: feed }), "into y: expected memory that no feed uses, got that of x."],
        ];
      for (const [title, into, message] of bad) {
        test(`${title} are refused by name`, async () => {
          const session = await compile({ y: g.exp(x) });
          const given = feedsOf(session, values, two);
          await assert.rejects(session.run(given, into(given.x)), { code: "runtime/feeds", message });
        });
      }
    });

    describe("one session", () => {
      const table = parameter("table", [5, 4]);
      const ids = input("ids", ["B*n"], "int32");
      const valid = input("valid", ["B", 1, "n"], "bool");
      const states = g.reshape(g.gather(table, ids), ["B", "n", 4]); // [B, n, 4]
      const scores = g.matmul(states, states, { transB: true, alpha: 0.5 }); // [B, n, n]
      const pooled = g.select(g.matmul(g.maskedSoftmax(scores, valid), states), 1, 0); // [B, 4]
      const loss = g.sumAll(g.mul(pooled, g.tanh(pooled))); // []
      const [gradient] = g.gradients(loss, [table]);
      const outputs = { loss, scores, rows: gradient.inputs[0] };
      const given = (B: number, n: number): Numbers => ({
        table: Array.from({ length: 20 }, (_, i) => Math.fround(Math.sin(i + 1))),
        ids: Array.from({ length: B * n }, (_, i) => (i * 3) % 5),
        valid: Array.from({ length: B * n }, (_, i) => Number(i % n === 0 || i % 3 !== 1)),
      });

      test("takes other sizes for its symbols at every run", async () => {
        const session = await compile(outputs);
        for (const [B, n] of [
          [2, 3],
          [1, 1],
          [5, 4],
          [1, 7],
          [2, 3],
        ] as const) {
          const got = await session.run(feedsOf(session, given(B, n), { B, n }));
          const want = interpret(outputs, given(B, n), { B, n });
          for (const key of Object.keys(outputs) as (keyof typeof outputs)[]) {
            assert.deepEqual([...got[key].shape], [...want[key].shape]);
            assert.ok(relativeError(numbers(got[key]), want[key].data, FLOOR) <= TOLERANCE, `${key} with B = ${B}, n = ${n}`);
          }
        }
      });
      test("gives the same bits in five runs, wherever the feeds lie in memory", async () => {
        const sizes = { B: 16, n: 33 };
        const session = await compile(outputs);
        let first: Readonly<Record<string, HostTensor>> | undefined;
        for (let run = 0; run < 5; run++) {
          const feeds = feedsOf(session, given(sizes.B, sizes.n), sizes);
          const shifted = new Float32Array(20 + run).subarray(run);
          shifted.set(feeds.table.data as Float32Array);
          const got = await session.run({ ...feeds, table: { ...feeds.table, data: shifted } });
          first ??= got;
          for (const key of Object.keys(outputs)) assert.deepEqual(got[key].data, first[key].data, `run ${run}, ${key}`);
        }
      });
    });

    test("sums of a feed have the same bits wherever it lies in memory", async () => {
      const wide = input("wide", ["B", 37]);
      const flat = g.reshape(wide, ["37*B"]);
      const session = await compile({ rows: g.sumTo(wide, ["B", 1]), columns: g.sumTo(wide, [37]), all: g.sumAll(flat) });
      const seen = new Set<string>();
      for (let shift = 0; shift < 16; shift++) {
        const data = new Float32Array(16 * 37 + shift).subarray(shift);
        data.forEach((_, i) => void (data[i] = Math.sin(7.7 * i)));
        const got = await session.run({ wide: { dtype: "float", shape: [16, 37], data } });
        seen.add(JSON.stringify(Object.values(got).map(numbers)));
      }
      assert.equal(seen.size, 1);
    });

    describe("top-k and softmax", () => {
      const scores = input("scores", ["B", "n"]);
      const allowed = input("allowed", ["B", "n"], "bool");
      const k = input("k", ["B", 1], "int32");
      const largestK = input("largestK", [1], "int64");
      const mask = g.topKMask(scores, allowed, k, largestK);
      const outputs = { mask, weights: g.maskedSoftmax(scores, mask) };
      const rows: readonly (readonly [title: string, scores: number[], allowed: number[], k: number, kept: number[]])[] = [
        ["ties at the border go to the earlier places", [1, 2, 2, 2], [1, 1, 1, 1], 2, [0, 1, 1, 0]],
        ["ties above the border are all kept", [3, 1, 3, 2], [1, 1, 1, 1], 3, [1, 0, 1, 1]],
        ["equal scores: the first k", [0.5, 0.5, 0.5, 0.5], [1, 1, 1, 1], 3, [1, 1, 1, 0]],
        ["equal scores, the first not allowed", [0.5, 0.5, 0.5, 0.5], [0, 1, 1, 1], 2, [0, 1, 1, 0]],
        ["the highest is not allowed", [9, 1, 2, 3], [0, 1, 1, 1], 1, [0, 0, 0, 1]],
        ["k is all that is allowed", [-1, -2, -3, -4], [0, 1, 0, 1], 2, [0, 1, 0, 1]],
        ["k above what is allowed brings no place back", [4, 3, 2, 1], [1, 0, 1, 0], 3, [1, 0, 1, 0]],
        ["very low scores", [-3e38, -2e38, 0, -3e38], [1, 1, 0, 1], 2, [1, 1, 0, 0]],
        ["nothing allowed, k = 1", [4, 3, 2, 1], [0, 0, 0, 0], 1, [0, 0, 0, 0]],
        ["nothing allowed, k = 0", [4, 3, 2, 1], [0, 0, 0, 0], 0, [0, 0, 0, 0]],
        ["zeros of both signs are ties", [-0, 0, -0, 0], [1, 1, 1, 1], 2, [1, 1, 0, 0]],
      ];
      const feed = (chosen: typeof rows, bound: number): Numbers => ({
        scores: chosen.flatMap((row) => row[1].map(Math.fround)),
        allowed: chosen.flatMap((row) => row[2]),
        k: chosen.map((row) => row[3]),
        largestK: [bound],
      });
      for (const bound of [3, 4]) {
        test(`keep the right places in ${rows.length} rows, sorting ${bound} of 4`, async () => {
          const session = await compile(outputs);
          const sizes = { B: rows.length, n: 4 };
          const got = await session.run(feedsOf(session, feed(rows, bound), sizes));
          for (const [i, [title, , , , kept]] of rows.entries()) {
            assert.deepEqual(numbers(got.mask).slice(4 * i, 4 * i + 4), kept, title);
            const weights = numbers(got.weights).slice(4 * i, 4 * i + 4);
            const sum = weights.reduce((a, b) => a + b, 0);
            assert.ok(Math.abs(sum - Math.max(...kept)) < 1e-6, `${title}: weights ${weights}`);
            for (const [at, weight] of weights.entries())
              if (!kept[at]) assert.ok(Object.is(weight, 0), `${title}: weight ${weight}`);
          }
        });
      }
      test("list the best places first, then removed ones by place, in rows of 1 to 200", async () => {
        const slots = input("slots", ["K"]);
        const places = g.topKPlaces(scores, allowed, "K");
        const session = await compile({ places, ofSlots: g.neg(slots) });
        for (const [n, K] of [
          [1, 1],
          [5, 5],
          [33, 30],
          [200, 120],
        ]) {
          const sizes = { B: 2, n, K };
          // ties, and fewer allowed than asked for
          const given = {
            scores: Array.from({ length: 2 * n }, (_, i) => (i * 7) % 5),
            allowed: Array.from({ length: 2 * n }, (_, i) => Number(i % 3 === 0)),
            slots: Array(K).fill(0),
          };
          const got = await session.run(feedsOf(session, given, sizes));
          assert.deepEqual(numbers(got.places), [...interpret({ places }, given, sizes).places.data], `${K} of ${n}`);
        }
      });
      const kinds: Readonly<Record<string, (at: number, place: number) => number>> = {
        spread: (at) => Math.sin(at * at),
        "with many ties": (at) => Math.round(3 * Math.sin(at * at)),
        "far from two of them": (at, place) => (place < 2 ? 1e6 + place : Math.sin(at * at)),
        "some infinitely low": (at) => (at % 7 < 3 ? Number.NEGATIVE_INFINITY : Math.sin(at * at)),
        "all equal": () => 0.25,
        "of very different sizes": (at) => Math.sign(Math.sin(at)) * Math.exp(20 * Math.sin(at * at)),
        "far too wide to be searched": (at) => 1e30 * Math.sin(at * at),
        "few float32 numbers apart": (at) => 1000 + 1e-3 * Math.sin(at * at),
        "too small to be squared": (at) => 1e-30 * Math.sin(at * at),
      };
      for (const [kind, valueAt] of Object.entries(kinds)) {
        test(`keep float64's places of long rows, scores ${kind}`, async () => {
          const [B, n] = [48, 131];
          const session = await compile({ mask });
          const allowedOf = (row: number): number => n - (row % 40);
          const third = (row: number): number => Math.ceil(allowedOf(row) / 3);
          // a score below all numbers ranks behind removed places, so that no k may reach it
          const others = Number.isFinite(valueAt(0, 0)) ? [(row: number): number => [1, allowedOf(row), row + 2][row % 3]] : [];
          for (const kOf of [third, ...others]) {
            const ks = Array.from({ length: B }, (_, row) => kOf(row));
            const given: Numbers = {
              scores: Array.from({ length: B * n }, (_, at) => Math.fround(valueAt(at, at % n))),
              allowed: Array.from({ length: B * n }, (_, at) => Number(at % n < allowedOf(Math.floor(at / n)))),
              k: ks,
              largestK: [Math.max(...ks)],
            };
            const got = await session.run(feedsOf(session, given, { B, n }));
            const want = interpret({ mask }, given, { B, n }).mask.data;
            assert.deepEqual(numbers(got.mask), Array.from(want));
          }
        });
      }
      test("one behind another may leave different numbers of rows to the whole sort", async () => {
        const [B, n] = [40, 131];
        const other = input("other", ["B", "n"]);
        const both = { mask, second: g.topKMask(g.add(other, g.cast(mask, "float")), allowed, k, largestK) };
        const given: Numbers = {
          scores: Array.from({ length: B * n }, (_, at) => Math.fround(Math.sin(at * at))),
          other: Array.from({ length: B * n }, (_, at) => Math.round(2 * Math.sin(at * at))),
          allowed: Array(B * n).fill(1),
          k: Array(B).fill(13),
          largestK: [13],
        };
        const session = await compile(both);
        const got = await session.run(feedsOf(session, given, { B, n }));
        const want = interpret(both, given, { B, n });
        for (const key of ["mask", "second"] as const) assert.deepEqual(numbers(got[key]), Array.from(want[key].data), key);
      });
      test("n = 1 keeps its one place where that is allowed", async () => {
        const session = await compile(outputs);
        const given = { scores: [2, -3], allowed: [1, 0], k: [1, 1], largestK: [1] };
        const got = await session.run(feedsOf(session, given, { B: 2, n: 1 }));
        assert.deepEqual(
          [numbers(got.mask), numbers(got.weights)],
          [
            [1, 0],
            [1, 0],
          ],
        );
      });
      test("an emptied row has gradients of 0, not NaN", async () => {
        const p = parameter("p", ["B", "n"]);
        const [gradient] = g.gradients(g.sumAll(g.mul(scores, g.maskedSoftmax(p, allowed))), [p]);
        const session = await compile({ gradient });
        const given = { p: [1, 2, 3, 4], scores: [1, 5, 1, 5], allowed: [0, 0, 1, 1] };
        const got = numbers((await session.run(feedsOf(session, given, { B: 2, n: 2 }))).gradient);
        assert.deepEqual(got.slice(0, 2).map(Math.abs), [0, 0]);
        assert.ok(got[2] < -0.1 && got[3] > 0.1);
      });
    });
  });
}
