import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { topK } from "../attention/index.ts";
import { textBlocks } from "../data/index.ts";
import { evaluatedTokens, maskedBatches, maskedContext } from "./masked-run.fixture.ts";
import { topicMasking, topicSentences, topicTokenizer } from "./topic-language.fixture.ts";

const blocks = textBlocks(topicSentences(40, 1), topicTokenizer, { lineByLine: true });
const options = { blocks, masking: topicMasking, padTokenId: topicTokenizer.padTokenId, batchSize: 8, seed: 3 };
const evaluating = { step: 0, training: false, strength: 1, labelSmoothing: 0, lossDivisor: 1 } as const;
const batches = maskedBatches(options, { dataSeed: 5, plan: { pattern: topK({ sparsity: 0.5 }), rampSteps: 15 } });
const settings = { step: 2, lossDivisor: 77 };

describe("training batches of masked tokens", () => {
  test("each block occurs once an epoch, and only the hidden places differ from it", () => {
    const seen: number[] = [];
    for (let batch = 0; batch < batches.batchesPerEpoch; batch++) {
      const { bindings, examples, inputIds, lengths, masked } = batches.contexts(1, batch, settings)[0];
      const { rows, labels } = masked!;
      assert.deepEqual(bindings, { B: examples.length, S: examples.length, n: bindings.n, M: rows.length });
      assert.equal(rows.length, labels.length);
      const label = new Map(Array.from(rows, (row, at) => [row, labels[at]]));
      assert.equal(label.size, rows.length, "each place once");
      examples.forEach((index, row) => {
        seen.push(index);
        const { inputIds: whole } = blocks[index];
        assert.equal(lengths[row], whole.length);
        for (let at = 0; at < bindings.n; at++) {
          const place: number = row * bindings.n + at;
          if (at >= whole.length) assert.ok(inputIds[place] === options.padTokenId && !label.has(place));
          else assert.equal(label.get(place) ?? inputIds[place], whole[at]);
        }
      });
    }
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      blocks.map(({ index }) => index),
    );
  });

  test("the size of a batch is the number of its masked tokens; divisor, step and strength are handed on", () => {
    for (let batch = 0; batch < batches.batchesPerEpoch; batch++) {
      const { masked, lossDivisor, step, strength } = batches.contexts(0, batch, settings)[0];
      assert.equal(batches.size(0, batch), masked!.labels.filter((label) => label >= 0).length);
      assert.deepEqual([lossDivisor, step, strength], [77, 2, 0.2]);
    }
  });

  test("an epoch hides other places than the one before, and the same when asked again", () => {
    const hidden = (epoch: number): string => {
      const all = Array.from({ length: batches.batchesPerEpoch }, (_, batch) => batches.contexts(epoch, batch, settings)[0]);
      const names = all.flatMap(({ examples, bindings: { n }, masked }) =>
        Array.from(masked!.rows, (row) => `${examples[Math.floor(row / n)]}:${row % n}`),
      );
      return names.sort().join();
    };
    const [first, second] = [hidden(0), hidden(1)];
    assert.notEqual(first, second);
    assert.equal(hidden(0), first);
  });

  test("no batch is larger than the largest, and the padded tokens of an epoch are those of its batches", () => {
    const [{ B, n, M }] = batches.largest as readonly { B: number; n: number; M: number }[];
    const padded = Array.from({ length: batches.batchesPerEpoch }, (_, batch) => {
      const { bindings } = batches.contexts(0, batch, settings)[0];
      assert.ok(bindings.B <= B && bindings.n <= n && bindings.M <= M);
      return bindings.B * bindings.n;
    });
    assert.deepEqual(batches.tokens(), { batch: padded[0], epoch: padded.reduce((a, b) => a + b, 0) });
  });

  test("a batch without a masked token predicts one place, under no label, and counts as none", () => {
    const none = { ...options, masking: { ...topicMasking, probability: 1e-9 } };
    const { bindings, masked } = maskedContext(none, [0, 1], 0, evaluating);
    assert.equal(bindings.M, 1);
    assert.deepEqual([[...masked!.rows], [...masked!.labels]], [[0], [-1]]);
    assert.equal(maskedBatches(none, { dataSeed: 5 }).size(0, 0), 0);
    assert.equal(evaluatedTokens(none), 0);
  });
});

test("a block is evaluated under the same masks in whatever batch it stands", () => {
  const hiddenOf = (positions: readonly number[], block: number): string => {
    const { bindings, inputIds, masked } = maskedContext(options, positions, -1, evaluating);
    const start = positions.indexOf(block) * bindings.n;
    const ids = inputIds.subarray(start, start + blocks[block].inputIds.length);
    const rows = [...masked!.rows.filter((_, at) => masked!.labels[at] >= 0)]
      .map((row) => row - start)
      .filter((row) => row >= 0 && row < bindings.n);
    return JSON.stringify([[...ids], rows]);
  };
  const alone = blocks.map((_, block) => hiddenOf([block], block));
  assert.deepEqual(
    blocks.map((_, block) => hiddenOf([...blocks.keys()], block)),
    alone,
  );
  const masks = blocks.map((_, at) => maskedContext(options, [at], -1, evaluating).masked!.labels.filter((id) => id >= 0).length);
  assert.equal(
    evaluatedTokens(options),
    masks.reduce((a, b) => a + b, 0),
  );
});
