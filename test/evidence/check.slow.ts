import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { test } from "node:test";
import { cellFiles } from "../../evidence/cell-files.ts";
import { primary, TASKS } from "../../evidence/claims/claim.ts";
import { pagePath, readCells, resultFiles } from "../../evidence/judge.ts";
import { writeFilesAtomically } from "../../src/files/index-node.ts";
import { madeUpCell, primaryArms } from "./made-up-cell.fixture.ts";

const PYTHON = env.PYTHON ?? "python3";
const hasNumpy = spawnSync(PYTHON, ["-c", "import numpy"]).status === 0;

test("evidence/check.py agrees with the judge, and sees figures and words that were changed", {
  skip: !hasNumpy && `${PYTHON} has no NumPy; set PYTHON`,
}, () => {
  const root = mkdtempSync(join(tmpdir(), "crisp-check-"));
  try {
    const write = (cell: ReturnType<typeof madeUpCell>) =>
      writeFilesAtomically(join(root, "results", cell.name), cellFiles(withLosses(cell)));
    const effects = [{ accuracy: 0.84 }, { accuracy: 0.8 }, { accuracy: 0.82, confidence: 0.8 }, { accuracy: 0.86 }];
    TASKS.forEach((task, at) => {
      const cell = madeUpCell(
        primary(task),
        primaryArms({ topk80: effects[at], topk40: { accuracy: 0.79 }, random80: { trainLoss: 0.2 } }),
      );
      write(cell);
    });
    for (const [name, accuracy] of Object.entries({
      ...{ "sizes/rows-250": 0.9, "sizes/rows-4000": 0.82, noise: 0.84, "robustness/imdb": 0.83, "robustness/typos": 0.78 },
    })) {
      write(madeUpCell(name, primaryArms({ topk80: { accuracy } })));
    }
    write(madeUpCell("padded", { dense: {}, padded128: { accuracy: 0.79 }, padded512: {} }));
    const published = resultFiles(readCells(join(root, "results")), readFileSync(pagePath, "utf8")).get("verdicts.json")!;
    const path = join(root, "verdicts.json");
    const check = (text: string) => {
      writeFileSync(path, text);
      return spawnSync(PYTHON, [join(import.meta.dirname, "../../evidence/check.py"), join(root, "results"), path], {
        encoding: "utf8",
      });
    };
    const whole = check(published);
    assert.equal(whole.status, 0, whole.stdout + whole.stderr);
    assert.match(whole.stdout, /^10 cells, \d+ comparisons, 0 disagree$/m);
    const copy = JSON.parse(published);
    const [first, second, third] = copy.claims[0].verdicts.map((verdict: { findings: object[] }) => verdict.findings[0]);
    first.mean += 0.01;
    second.high += 0.5;
    third.word = third.word === "supported" ? "contradicted" : "supported";
    const claim = (number: number) => copy.claims.find(({ claim }: { claim: number }) => claim === number).verdicts;
    claim(6)[0].findings[0].low -= 0.5;
    claim(7)[1].word = "supported";
    copy.otherReading[0].high += 0.5;
    const { status, stdout } = check(JSON.stringify(copy));
    assert.equal(status, 1);
    assert.match(stdout, /claim 1, primary\/sst2, topk80 − dense, mean/);
    assert.match(stdout, /claim 1, primary\/cola, topk80 − dense, high/);
    assert.match(stdout, /claim 6, amount of data, effect of sizes\/rows-250 .*, low/);
    assert.match(stdout, /claim 7, robustness\/typos: contradicted here, supported published/);
    assert.match(stdout, /padded, padded128 − dense, high/);
    assert.match(stdout, /claim 1, primary\/rte, .* here, (supported|contradicted) published/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

/** With the accuracy and loss that its answers have. */
function withLosses(cell: ReturnType<typeof madeUpCell>): ReturnType<typeof madeUpCell> {
  const runs = cell.runs.map((run, at) => {
    const own = cell.labels.map((label, e) => (label === 1 ? cell.positive[at][e] : 1 - cell.positive[at][e]));
    const mean = (of: (p: number) => number): number => own.reduce((sum, p) => sum + of(p), 0) / own.length;
    return { ...run, accuracy: mean((p) => Number(p > 0.5)), loss: mean((p) => -Math.log(p)) };
  });
  return { ...cell, runs };
}
