import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openTeacher } from "./teacher-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-teacher-file-"));
after(() => rmSync(work, { recursive: true, force: true }));

const opened = (name: string, content: string) => {
  const file = join(work, name);
  writeFileSync(file, content);
  return openTeacher(file, { onNote: () => {} });
};
/** What a model said of two labels, a row a line. */
const ofScores = (...scores: readonly unknown[]): string =>
  scores
    .map(
      (x) =>
        `${JSON.stringify({
          labels: [
            { label: "x", score: x },
            { label: "y", score: 0.5 },
          ],
        })}\n`,
    )
    .join("");
const refused = (name: string, content: string, message: string): Promise<void> =>
  assert.rejects(opened(name, content), { code: "training/teacher", message });

test("a score that is no number is refused with its row and column", async () => {
  for (const [cell, shown] of [
    ["", '""'],
    ["  ", '"  "'],
    ["none", '"none"'],
  ])
    await refused(
      "said.csv",
      `text,score\nfoo,1.5\nbar,${cell}\n`,
      `said.csv:3: expected a number in column "score", got ${shown}. Write it with crisp predict.`,
    );
  for (const score of ["", " ", true, null, [1]])
    await refused(
      "said.jsonl",
      ofScores(0.5, score),
      `said.jsonl:2: expected probabilities in [0, 1] in column "labels", got ${JSON.stringify(score)}. Write it with crisp predict.`,
    );
});

test("scores of labels lie in [0, 1], and a number may be any", async () => {
  for (const score of [1.2, -0.1, "3"])
    await refused(
      "said.jsonl",
      ofScores(1, score),
      `said.jsonl:2: expected probabilities in [0, 1] in column "labels", got ${JSON.stringify(score)}. Write it with crisp predict.`,
    );
  assert.deepEqual((await opened("said.jsonl", ofScores(0, 1, "0.25"))).labels, ["x", "y"]);
  assert.deepEqual((await opened("said.csv", "text,score\nfoo,-12.5\nbar,3e2\n")).labels, ["score"]);
});
