import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkTeacher } from "./teacher.ts";
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

test("rows of a file are the rows of the data: texts that differ and indices past the end are refused", async () => {
  const row = (more: object): string => `${JSON.stringify({ ...more, score: 0.5 })}\n`;
  const data = (indices: readonly number[], columns?: { text: string; pair?: string }) => ({
    ...{ name: "data.csv", labels: ["score"], task: "regression" as const, columns },
    examples: indices.map((index) => ({ index, text: `text  ${index}`, pair: `pair ${index}`, label: 0 })),
  });
  const check = async (content: string, checked: ReturnType<typeof data>): Promise<void> =>
    checkTeacher(await opened("said.jsonl", content), checked);
  const same = [0, 1, 2].map((at) => row({ text: `text ${at}`, pair: `pair ${at}` }));
  const [first, second, third] = same;
  const pairs = { text: "text", pair: "pair" };
  await check(same.join(""), data([0, 1, 2]));
  await check(same.join(""), data([2, 0, 1], pairs));
  await check(row({ body: "another" }), data([0]));
  const hint = "Write it with crisp predict, from the same file.";
  const fails = (content: string, checked: ReturnType<typeof data>, message: string): Promise<void> =>
    assert.rejects(check(content, checked), { code: "training/teacher", message: `${message} ${hint}` });
  await fails(
    first + third + second,
    data([0, 1, 2]),
    'said.jsonl:2: expected in column "text" the text of example 1 of data.csv, "text  1", got "text 2".',
  );
  await fails(
    first + row({ text: "text 1", pair: "other" }),
    data([0, 1], pairs),
    'said.jsonl:2: expected in column "pair" the text of example 1 of data.csv, "pair 1", got "other".',
  );
  await fails(
    row({ body: "another" }),
    data([0], { text: "body" }),
    'said.jsonl:1: expected in column "body" the text of example 0 of data.csv, "text  0", got "another".',
  );
  await fails(
    same.join(""),
    data([0, 1, 7]),
    "teacher said.jsonl: expected indices of examples of data.csv below its 3 rows, got 7.",
  );
});
