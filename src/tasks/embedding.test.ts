import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GraphInputs } from "../batch/index.ts";
import { gradients, parameter } from "../graph/index.ts";
import { computeOn, contextOf, feedsOf } from "../models/compute-on.fixture.ts";
import { embedding } from "./embedding.ts";

const unused = () => assert.fail("no head of the family is read");
const heads = { poolSequence: unused, classifySequence: unused };

/** The loss over hidden states of one token each, or of more with their lengths, and its gradient. */
async function lossOf(
  hidden: readonly (readonly number[])[],
  { texts, numbers, lengths }: { texts: number; numbers?: readonly (readonly number[])[]; lengths?: readonly number[] },
) {
  const inputs = new GraphInputs();
  const x = parameter("hidden", ["B*n", 3]);
  const loss = embedding.loss(embedding.head.logits(x, heads, inputs), inputs, { numLabels: 0, vocabSize: 0 });
  const [slope] = gradients(loss, [x]);
  const B = lengths?.length ?? hidden.length;
  const rows = Array.from({ length: B }, (_, at) => Math.floor(at / texts));
  const context = contextOf(
    Array.from({ length: B }, (_, at) => Array<number>(lengths?.[at] ?? 1).fill(1)),
    {
      examples: Int32Array.from(rows),
      labels: rows.map((_, at) => at % texts),
      labelSets: rows.map((row) => numbers?.[row] ?? Array.from({ length: texts }, (_, place) => row * texts + place)),
      lossDivisor: B / texts,
    },
  );
  const feeds = feedsOf({ parameters: [], inputs: inputs.all }, context, () => new Float32Array());
  const at = (values: readonly number[]) =>
    ({ ...feeds, hidden: { dtype: "float", shape: [hidden.length, 3], data: Float32Array.from(values) } }) as const;
  const value = async (values: readonly number[]): Promise<number> =>
    (await computeOn("float64", { loss }, at(values), context.bindings)).loss[0];
  const out = await computeOn("float64", { loss, slope }, at(hidden.flat()), context.bindings);
  return { loss: out.loss[0], slope: Array.from(out.slope), value };
}

function close(got: number, want: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(got - want) <= tolerance * (1 + Math.abs(want)), `got ${got}, want ${want}`);
}

const pairs = [
  [1, 0.5, 0.2],
  [0.8, 0.7, 0.1],
  [0.6, 0.9, 0.3],
  [0.7, 0.8, 0.5],
  [0.2, 0.9, 1],
  [0.4, 0.7, 0.9],
];
const triplets = [
  [0.5, -1.25, 2],
  [1, -1, 1.5],
  [-0.5, 0.25, 1],
  [-3, 0.75, 0.1],
  [-2, 1, 0.5],
  [1, 1, -0.5],
  [0.2, 0.4, -0.3],
  [0.3, 1.5, -1],
  [-1, 0.2, -0.4],
];
const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, at) => sum + value * y[at], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};
/** −log softmax(20 · cosine)[the first candidate], by the formula alone. */
const wanted = (first: readonly number[], candidates: readonly (readonly number[])[]): number =>
  Math.log(candidates.reduce((sum, other) => sum + Math.exp(20 * (cosine(first, other) - cosine(first, candidates[0]))), 0));

describe("the loss of pairs", () => {
  test("is the formula's value: the other rows' second texts are the negatives", async () => {
    const [a, p, b, q, c, r] = pairs;
    const { loss } = await lossOf(pairs, { texts: 2 });
    close(loss, (wanted(a, [p, q, r]) + wanted(b, [q, p, r]) + wanted(c, [r, p, q])) / 3);
  });
  test("equals MultipleNegativesRankingLoss of sentence-transformers 6.2, gradient too", async () => {
    const { loss, slope } = await lossOf(pairs, { texts: 2 });
    close(loss, 0.27134469496339503);
    const theirs = [
      ...[-0.12177922281474371, 0.06825095441945064, 0.43826872802509176],
      ...[-0.6057545578699057, 0.6521593530627695, 0.2809209915198613],
      ...[0.3085997628841023, -0.005693209841313968, -0.6001198962442628],
      ...[0.37741569720443785, -0.47610399913889734, 0.23338442523602268],
      ...[0.10026642961567753, 0.06599830352100455, -0.07945175909203958],
      ...[0.1338746636086314, 0.03054305337809428, -0.08325555856867735],
    ];
    for (const [at, want] of theirs.entries()) close(slope[at], want, 1e-5);
  });
  test("with third texts, these are negatives of all rows, as there", async () => {
    const { loss, slope } = await lossOf(triplets, { texts: 3 });
    close(loss, 0.23048724597743941);
    const theirs = [-0.00038097839756683484, 0.0002189074573699748, 0.00023206176024794306, 0.0001373153044494451];
    for (const [at, want] of theirs.entries()) close(slope[at], want, 1e-5);
    close(slope[24], -0.24349812735633392, 1e-5);
  });
  test("a text equal to one of the row's own is no negative of it, nor is what belongs to the same first text", async () => {
    const [a, p, b, q, c, r] = pairs;
    const same = (numbers: readonly (readonly number[])[]) => lossOf(pairs, { texts: 2, numbers });
    // the second texts of rows 0 and 1 are the same
    const seconds = await same([
      [0, 1],
      [2, 1],
      [4, 5],
    ]);
    close(seconds.loss, (wanted(a, [p, r]) + wanted(b, [q, r]) + wanted(c, [r, p, q])) / 3);
    // the first texts are
    const firsts = await same([
      [0, 1],
      [0, 3],
      [4, 5],
    ]);
    close(firsts.loss, (wanted(a, [p, r]) + wanted(b, [q, r]) + wanted(c, [r, p, q])) / 3);
    // the second text of row 1 is the first of row 2
    const across = await same([
      [0, 1],
      [2, 4],
      [4, 5],
    ]);
    close(across.loss, (wanted(a, [p, q, r]) + wanted(b, [q, p, r]) + wanted(c, [r, p])) / 3);
  });
  test("a row alone in its batch has nothing to be told from: 0", async () => {
    const { loss } = await lossOf(pairs.slice(0, 2), { texts: 2 });
    close(loss, 0);
  });
  test("has the gradient of central differences, and padding none", async () => {
    const padded = [...pairs, ...triplets.slice(0, 6)];
    const lengths = [2, 1, 2, 2, 1, 2];
    const { slope, value } = await lossOf(padded, { texts: 2, lengths });
    const point = padded.flat();
    const step = 2 ** -10;
    for (const place of point.keys()) {
      const moved = (by: number) => point.map((x, other) => (other === place ? x + by : x));
      const [up, down] = [moved(step), moved(-step)];
      const found = ((await value(up)) - (await value(down))) / (Math.fround(up[place]) - Math.fround(down[place]));
      close(slope[place], found, 2e-4);
    }
    // of the rows of two tokens, those of one token: 1 and 4
    assert.ok([...slope.slice(9, 12), ...slope.slice(27, 30)].every((x) => x === 0));
  });
});

describe("texts on their way into a batch", () => {
  const ids = (id: number) => ({ inputIds: Int32Array.of(id) });
  const example = { index: 7, label: 0, labels: [3, 4, 5], ...ids(3), others: [ids(4), ids(5)] };
  const read = (epoch: number) =>
    embedding.collate!([example], { seed: 1, epoch }).map(({ index, label, inputIds }) => [index, label, inputIds[0]]);
  test("each becomes an example of its own, side by side; evaluation leaves the third out", () => {
    assert.deepEqual(read(0), [
      [7, 0, 3],
      [7, 1, 4],
      [7, 2, 5],
    ]);
    assert.deepEqual(read(-1), read(0).slice(0, 2));
  });
  test("the loss is divided by rows, not by texts", () => {
    assert.equal(embedding.lossWeight(embedding.collate!([example, example], { seed: 1, epoch: 0 })), 2);
  });
});

test("figures: what has the same text is neither a mistake nor a find", () => {
  const rows = [
    [1, 0, 0.6, 0.8],
    [0, 1, 1, 0],
    [0.6, 0.8, 0.6, 0.8],
  ];
  const figuresOf = (numbers: readonly (readonly number[])[]) => {
    const { figures, primary } = embedding.outputs!.figures(
      { labels: [] },
      rows,
      numbers.map((labels) => ({ label: 0, labels })),
    );
    return figures[primary];
  };
  const different = [
    [0, 1],
    [2, 3],
    [4, 5],
  ];
  // 0 finds 1's, 1 finds 0's or 2's, 2 finds 0's as well as its own
  assert.equal(figuresOf(different), 0);
  const sameSecond = [
    [0, 1],
    [2, 3],
    [4, 1],
  ];
  assert.equal(figuresOf(sameSecond), 1 / 3);
});
