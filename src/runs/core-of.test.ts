import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { nodeEnvironment } from "./environment/environment-node.ts";
import { executeRun } from "./execute.ts";
import type { RunEvent, RunResult, RunSpec } from "./spec.ts";
import { tinyConfig, tinyRun } from "./tiny-run.fixture.ts";

const config = { ...tinyConfig, attention_dropout: 0, attention_probs_dropout_prob: 0 };
const pattern = "block(sparsity=0.6, size=3)";

const trained = (
  core: string,
  changes: Partial<RunSpec> = {},
  { signal, onEvent = () => {} }: { readonly signal?: AbortSignal; readonly onEvent?: (event: RunEvent) => void } = {},
): Promise<RunResult | null> =>
  executeRun(tinyRun({ model: { kind: "fresh", config }, plan: { pattern, core }, ...changes }), nodeEnvironment, {
    signal,
    onEvent,
  });

function close(a: RunResult, b: RunResult): void {
  for (const [at, row] of a.record.probabilities.entries())
    for (const [label, p] of row.entries())
      assert.ok(Math.abs(p - b.record.probabilities[at][label]) < 1e-4, `${p}, ${b.record.probabilities[at][label]}`);
  assert.equal(a.record.effectiveSparsity, b.record.effectiveSparsity);
}

describe("attention_core", () => {
  test("trains the same model to rounding, whichever core computes it", async () => {
    const [whole, blocks] = [await trained("masked"), await trained("gathered")];
    assert.ok(whole!.record.effectiveSparsity > 0.3);
    close(whole!, blocks!);
    assert.notDeepEqual(whole!.record.probabilities, blocks!.record.probabilities, "another order of sums");
  });
  test("a run that one core began is continued by the other", async () => {
    const checkpoints = mkdtempSync(join(tmpdir(), "crisp-cores-"));
    const stop = new AbortController();
    const onEvent = (event: RunEvent): void => {
      if (event.type === "step" && event.step === 3) stop.abort();
    };
    assert.equal(await trained("masked", { checkpoints }, { signal: stop.signal, onEvent }), null);
    const steps: number[] = [];
    const continued = await trained(
      "gathered",
      { checkpoints },
      { onEvent: (event) => event.type === "step" && steps.push(event.step) },
    );
    assert.ok(steps.length > 0 && steps.every((step) => step > 3), `${steps}`);
    close(continued!, (await trained("masked"))!);
  });
  test("auto says nothing of short texts, where there is nothing to choose", async () => {
    const notes = async (plan: RunSpec["plan"]): Promise<string[]> => {
      const heard: RunEvent[] = [];
      await executeRun(tinyRun({ plan, options: { maxSteps: 1 } }), nodeEnvironment, { onEvent: (event) => heard.push(event) });
      return heard.flatMap((event) => (event.type === "note" && event.text.startsWith("attention") ? [event.text] : []));
    };
    assert.deepEqual(await notes({ pattern }), []);
    assert.deepEqual(await notes({ pattern: "topK(sparsity=0.6)" }), []);
  });
  test("a core that computes nothing of the plan is refused before the first update", async () => {
    await assert.rejects(trained("gathered", { plan: { pattern: "topK(sparsity=0.6)", core: "gathered" } }), {
      code: "pattern/bad-core",
    });
  });
  test("an encoder that adds a bias to its scores trains by masked, and another core is refused for it", async () => {
    const model = { kind: "fresh", config: { ...config, model_type: "mpnet" } } as const;
    const { effectiveSparsity } = (await trained("auto", { model }))!.record;
    assert.ok(effectiveSparsity > 0.3, `${effectiveSparsity}`);
    await assert.rejects(trained("gathered", { model }), { code: "pattern/bad-core", message: /adds no bias to its scores/ });
  });
});
