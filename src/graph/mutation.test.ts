// The tests of the gradients, tested: each rule made 1 % wrong, one input at a time, must fail the check.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cases, type OpCase } from "./gradient-cases.fixture.ts";
import { checkGradients } from "./gradient-check.fixture.ts";
import { defineOps, type Node, type OpRecord, opNames, opRecord, scale } from "./index.ts";

const WRONG = 1.01;

/** Run `body` with another record for an operator. */
function withRecord(op: string, changed: Partial<OpRecord>, body: () => void): void {
  const record = opRecord(op);
  defineOps({ [op]: { ...record, ...changed } });
  try {
    body();
  } finally {
    defineOps({ [op]: record });
  }
}

/** Whether the check refuses at least one of the cases; other errors than a failed comparison pass through. */
function isCaught(subjects: readonly OpCase[]): boolean {
  return subjects.some((subject) => {
    try {
      checkGradients(subject);
      return false;
    } catch (error) {
      if (error instanceof assert.AssertionError && /relative error/.test(error.message)) return true;
      throw error;
    }
  });
}

/** The rule with its result for one input scaled, at the case's own node only: `mul` and `sumTo` also stand in every loss. */
function mutated(rule: NonNullable<OpRecord["gradient"]>, which: number, tested: ReadonlySet<Node>): OpRecord["gradient"] {
  return (out, upstream) =>
    rule(out, upstream).map((part, i) => (part && i === which && tested.has(out) ? scale(part, WRONG) : part));
}

let count = 0;
for (const op of opNames()) {
  const { gradient, reference } = opRecord(op);
  const subjects = cases.filter((one) => one.op === op && one.upstream);
  if (!gradient) continue;
  const tested = new Set(subjects.map(({ output }) => output));
  const receives = new Set(
    subjects.flatMap(({ output, upstream }) => gradient(output, upstream!).flatMap((part, i) => (part ? [i] : []))),
  );

  test(`the rule of ${op} passes unchanged`, () => {
    withRecord(op, { gradient: mutated(gradient, -1, tested), reference }, () => assert.equal(isCaught(subjects), false));
  });
  for (const which of receives) {
    count++;
    test(`the rule of ${op} times ${WRONG} for input ${which} is caught`, () => {
      withRecord(op, { gradient: mutated(gradient, which, tested) }, () => assert.equal(isCaught(subjects), true));
    });
  }
}

for (const which of ["mean", "invStd"]) {
  count++;
  test(`a ${which} of layerNorm times ${WRONG} is caught in its gradient`, () => {
    const { reference } = opRecord("layerNormMoment");
    const wrong: OpRecord["reference"] = (inputs, shape, node) =>
      reference(inputs, shape, node).map((value) => (node.attrs.which === which ? WRONG * value : value));
    const subjects = cases.filter(({ op }) => op === "layerNorm");
    withRecord("layerNormMoment", { reference: wrong }, () => assert.equal(isCaught(subjects), true));
  });
}

test("every rule and every input of it was mutated", (t) => {
  t.diagnostic(`${count} mutations, each caught by the cases of its own operator`);
  const ruled = opNames().filter((op) => opRecord(op).gradient);
  assert.ok(count >= ruled.length + 2, `${count} mutations of ${ruled.length} rules`);
});
