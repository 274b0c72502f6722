import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { anyOf, inOrder } from "./compose.ts";
import { everyPattern } from "./made-up-heads.fixture.ts";
import { parsePattern } from "./parse-pattern.ts";
import { random } from "./random.ts";
import { slidingWindow } from "./sliding-window.ts";
import { topK } from "./top-k.ts";

describe("parsePattern", () => {
  test("reads every id back, at awkward sparsities too", () => {
    for (const sparsity of [0, 0.1 + 0.2, 1e-7, 1 / 3, 0.999_999]) {
      for (const { id } of everyPattern(sparsity)) assert.equal(parsePattern(id).id, id);
    }
  });
  test("does not mind spaces", () => {
    const text = " inOrder( slidingWindow(radius =4),topK( sparsity=.5,keepSpecial=true , paddedTo=128 ) ) ";
    const want = inOrder(slidingWindow({ radius: 4 }), topK({ sparsity: 0.5, rankOver: { paddedTo: 128 }, keepSpecial: true }));
    assert.equal(parsePattern(text).id, want.id);
    assert.equal(want.id, "inOrder(slidingWindow(radius=4), topK(sparsity=0.5, paddedTo=128, keepSpecial=true))");
  });
  test("takes dense with and without brackets, and compositions of compositions", () => {
    assert.equal(parsePattern("dense").id, "dense");
    assert.equal(parsePattern("dense()").id, "dense");
    const nested = anyOf(inOrder(random({ sparsity: 0.5 }), topK({ sparsity: 0.5 })), slidingWindow({ radius: 0 }));
    assert.equal(parsePattern(nested.id).id, nested.id);
  });

  const wrong: [text: string, code: string, message: RegExp][] = [
    ["topK(sparsity=1.2)", "bad-parameter", /^topK: expected a sparsity in \[0, 1\), got 1\.2\. 0 keeps every key/],
    ["topK(sparsity=1.0)", "bad-parameter", /got 1\. /],
    ["topK(sparsity=-0.1)", "bad-parameter", /got -0\.1\. /],
    ["topK(sparsity=NaN)", "bad-parameter", /a sparsity in \[0, 1\), got NaN\. /],
    ["topK(sparsity=false)", "bad-parameter", /a sparsity in \[0, 1\), got false\. /],
    ["topK", "bad-parameter", /a sparsity in \[0, 1\), got undefined\. /],
    ["topK(sparsity=much)", "bad-parameter", /topK\(sparsity\): expected a number, true or false, got much\./],
    ["topK(sparsty=0.8)", "bad-parameter", /got sparsty\. Did you mean sparsity\?/],
    [
      "topK(sparsity=0.8, sparsity=0.2)",
      "bad-parameter",
      /each of sparsity, paddedTo, keepSpecial at most once, got sparsity\.$/,
    ],
    ["dense(sparsity=0)", "bad-parameter", /dense: expected no parameters, got sparsity\.$/],
    ["inOrder()", "bad-parameter", /inOrder: expected at least one pattern, got none\./],
    ["topk(sparsity=0.8)", "unknown", /one of .*\btopK, .*, inOrder, anyOf, got topk\. Did you mean topK\?/],
    ["inOrder(topK(sparsity=0.8), blokc)", "unknown", /got blokc\./],
    ["constructor", "unknown", /got constructor\./],
    ["topK(constructor=1)", "bad-parameter", /got constructor\./],
    ["topK(0.8)", "syntax", /topK's parameters as name=value, got 0\.8 in topK\(0\.8\)\. Write topK\(sparsity=0\.8\)/],
    ["topK(sparsity=0.8", "syntax", /expected "," or "\)", got the end/],
    ["topK(sparsity=0.8))", "syntax", /nothing after the pattern, got \)/],
    ["dense, dense", "syntax", /nothing after the pattern, got ,/],
    ["", "syntax", /the name of a pattern, got the end in an empty text/],
    ["(dense)", "syntax", /the name of a pattern, got \(/],
  ];
  for (const [text, code, message] of wrong) {
    test(`refuses ${JSON.stringify(text)} as pattern/${code}`, () => {
      assert.throws(() => parsePattern(text), { code: `pattern/${code}`, message });
    });
  }
});
