import assert from "node:assert/strict";
import { test } from "node:test";
import { acrossTasks, type StudyResults, type VerdictWord } from "../../studies/index.ts";
import { duration, fixed, flops, halfWidth, listed, percent, points, pValue } from "../format.ts";
import { html, raw } from "../html.ts";
import { acrossLines, asPlanted, calibrationTitle, renderReport, renderTable } from "../index.ts";
import { misnested, poisoned } from "../markup.fixture.ts";
import { fakeDemo, fakeStudy } from "./fake-study.fixture.ts";

const study = fakeStudy();
const page = renderReport(study);

/** The study with other verdict words, for sentences. */
const withWords = (words: readonly VerdictWord[], more: Partial<StudyResults> = {}): StudyResults => ({
  ...study,
  ...more,
  arms: study.arms
    .slice(0, words.length + 1)
    .map((c, i) => (i === 0 ? c : { ...c, verdict: { ...c.verdict, word: words[i - 1] } })),
});

test("every element of one study's page and of three studies' page closes where it should", () => {
  assert.deepEqual(misnested(page), []);
  assert.deepEqual(misnested(renderReport(fakeDemo())), []);
  assert.deepEqual(misnested("<p><b>x</p></b>"), ["</p>"]); // the check itself can fail
});

test("the page asks for nothing: no script, no link, no address, no import", () => {
  assert.doesNotMatch(page, /<script|<link|<img|@import|https?:|url\((?!#)/);
});

test("no drawing holds NaN, undefined or infinity", () => {
  for (const text of [page, renderReport(fakeDemo()), renderReport(fakeStudy({ seeds: 1, examples: 40 }))]) {
    assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object/);
  }
});

test("every string of the results is escaped, wherever it stands", () => {
  const evil = `<img src=x onerror="alert('1')">&`;
  const studies = poisoned(fakeDemo(), evil, new Set(["word", "direction"])) as StudyResults[];
  const named = { ...studies[0], environment: { [evil]: evil } };
  for (const text of [renderReport(named), renderReport([named, studies[1]])]) {
    assert.ok(text.includes("&lt;img src=x"));
    assert.doesNotMatch(text, /<img|onerror="alert|'1'/);
    assert.deepEqual(misnested(text), []);
  }
});

test("the page carries verdicts, every arm's figures, command and environment", () => {
  for (const c of study.arms) {
    assert.ok(page.includes(percent(c.accuracy.mean)), c.name);
    assert.ok(page.includes(fixed(c.denseEvaluation.evalLoss.mean, 4)), c.name);
    assert.ok(page.includes(flops(c.flops.core)), c.name);
    if (c.difference)
      assert.ok(page.includes(`${points(c.difference.mean)} (${points(c.difference.low)} to ${points(c.difference.high)})`));
  }
  assert.ok(page.includes(study.command) && page.includes("onnxruntime-node 1.30.0, CPU"));
  assert.ok(page.includes("prefers-color-scheme:dark"));
});

test("the page shows further tests of each arm but the baseline, with their power, and none where results have none", () => {
  const at = page.indexOf("<h3>Further tests</h3>");
  const table = page.slice(at, page.indexOf("</table>", at));
  assert.equal(table.match(/<th scope="col" class="c/g)!.length, 3);
  for (const { furtherTests } of study.arms.slice(1)) {
    const { permutation, mcNemar, stochasticOrder, power } = furtherTests!;
    assert.ok(table.includes(`${pValue(permutation.p)} <span class="pm">least ${pValue(0.0625)}`));
    assert.ok(table.includes(`<td>${pValue(mcNemar.p)}</td>`));
    for (const { gained, lost } of mcNemar.perSeed) assert.ok(table.includes(`+${gained} −${lost} `));
    assert.ok(table.includes(`at most ${fixed(stochasticOrder.bound, 2)}`));
    for (const { power: chance } of power.planned) assert.ok(table.includes(percent(chance, 0)));
  }
  assert.match(table, /a true \+0\.97 points is found in/);
  const older = { ...study, arms: study.arms.map(({ furtherTests: _, ...arm }) => arm) };
  assert.doesNotMatch(renderReport(older), /Further tests/);
});

test("a level far from the data is named and does not squeeze the scale; a near one is drawn", () => {
  assert.match(page, /← majority class 5\d\.\d\d %, off the scale/);
  const [helps] = fakeDemo();
  assert.match(renderReport(helps), /class="reference ceiling"/);
});

test("the instrument counts as calibrated only when every study found what was planted", () => {
  const planted = (direction: "helps" | "hurts" | "neither", words: VerdictWord[]) =>
    withWords(words, { planted: { expected: "", ceiling: 1, direction } });
  assert.equal(asPlanted(planted("helps", ["supported", "undecided"])), true);
  assert.equal(asPlanted(planted("helps", ["supported", "contradicted"])), false);
  assert.equal(asPlanted(planted("helps", ["no difference", "undecided"])), false);
  assert.equal(asPlanted(planted("hurts", ["contradicted"])), true);
  assert.equal(asPlanted(planted("neither", ["no difference", "undecided"])), true);
  assert.equal(asPlanted(planted("neither", ["supported"])), false);
  for (const direction of ["helps", "hurts", "neither"] as const)
    assert.equal(asPlanted(planted(direction, ["no verdict"])), null);
  assert.equal(asPlanted(study), null);
  const right = planted("hurts", ["contradicted"]);
  assert.equal(calibrationTitle([right, right]), "The instrument is calibrated");
  assert.match(calibrationTitle([right, planted("neither", ["supported"])]), /not calibrated: 1 of 2/);
  assert.equal(calibrationTitle([study, study]), "Two studies");
  assert.match(renderReport([right, planted("neither", ["supported"])]), /✗ not as planted/);
});

test("a value of a mark is said in text that touch and keyboard reach: no tooltip anywhere", () => {
  for (const text of [page, renderReport(fakeDemo())])
    assert.doesNotMatch(text.replace(/<title>.*?<\/title>/, ""), /<title| title=/);
  for (const value of study.arms[1].accuracy.perSeed) assert.ok(page.includes(`<td>${percent(value)}</td>`));
});

test("the contents list links to every part, each id stands once, and a folded part's id lies inside it", () => {
  for (const text of [page, renderReport(fakeDemo())]) {
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
    const links = [...text.matchAll(/<a href="#([^"]+)"/g)].map(([, id]) => id);
    assert.ok(links.length >= 9);
    for (const id of links) assert.ok(ids.includes(id), id);
    assert.match(
      text,
      /<details class="card wide folded"><summary><h3>All figures<\/h3><\/summary><div class="part" id="study-0-all">/,
    );
  }
});

test("hyper-parameters, confusions and runs taken over are on the page where the results have them", () => {
  const takenFrom = [1, 2].map((seed) => ({ arm: "dense", seed, study: "grid.sst2" }));
  const more = { ...study, classes: ["bad", "good"], hyperparameters: { learning_rate: 2e-5, bf16: false }, takenFrom };
  const text = renderReport(more);
  assert.match(text, /<dt>learning_rate<\/dt><dd>0\.00002<\/dd>/);
  assert.match(text, /<dt>light_sparse<\/dt><dd>topK\(sparsity=0\.4\)<\/dd>/);
  assert.equal(text.match(/class="confusion"/g)!.length, study.arms.length);
  assert.equal(
    study.arms[0].confusion!.flat().reduce((sum, value) => sum + value, 0),
    5 * 872,
    "answers of all seeds",
  );
  assert.match(text, /<dt>runs taken over<\/dt><dd>2 of 20<\/dd>/);
  assert.match(text, /dense, seeds 1 and 2: taken from grid\.sst2/);
  assert.doesNotMatch(page, /class="confusion"|Hyper-parameters|taken from/);
});

test("twelve arms, twelve heads and long sentences keep the page below 900,000 characters", () => {
  const names = ["dense", ...Array.from({ length: 11 }, (_, at) => `block_of_sixteen_at_eighty_per_cent_${at}`)];
  const sparsities = names.map((_, at) => (at === 0 ? 0 : 0.8));
  const large = fakeStudy({ names, sparsities, effects: sparsities.slice(1), examples: 20, heads: 12, words: 200, seeds: 2 });
  const size = renderReport(large).length;
  assert.ok(size < 900_000, `${size} characters`);
});

test("a page of one study has one title and no overview", () => {
  assert.equal(page.match(/<h1>/g)!.length, 1);
  assert.doesNotMatch(page, /class="checks"/);
  assert.equal(renderReport([study]), page);
});

test("the terminal table lines up, fits its width and drops the least telling columns first", () => {
  for (const width of [60, 80, 100, 140]) {
    const lines = renderTable(study, { width }).split("\n");
    for (const line of lines) assert.ok(line.length <= width, `${width}: ${line}`);
    const first = lines.findIndex((line) => line.startsWith("arm")) + 1;
    const rows = lines.slice(first, lines.indexOf("", first));
    assert.equal(rows.length, 4);
    assert.equal(
      new Set(rows.map((line) => line.search(/[●?▲▼≈–] (?=baseline|undecided|supported|contradicted|no )/))).size,
      1,
      "verdicts in one column",
    );
  }
  const header = (width: number) =>
    renderTable(study, { width })
      .split("\n")
      .find((line) => line.startsWith("arm"))!;
  assert.match(header(140), /sparsity +accuracy +off +eval loss +gap +time +difference +verdict/);
  assert.match(header(80), /accuracy +difference +verdict/);
  assert.doesNotMatch(header(80), /gap|time/);
});

test("from five seeds on, the further tests stand below the verdicts, an arm a line, in 80 columns", () => {
  const names = ["dense", "block_of_sixteen_at_eighty", "moderate_sparse", "aggressive_sparse"];
  const lines = renderTable(fakeStudy({ examples: 100, names }), { width: 80 })
    .trimEnd()
    .split("\n");
  const first = lines.findIndex((line) => line.startsWith("further tests"));
  assert.ok(first > lines.findIndex((line) => /^. (On|A|No) /.test(line)), "behind the sentences");
  for (const line of lines) assert.ok(line.length <= 80, line);
  const block = lines.slice(lines.findIndex((line) => line.startsWith("arm ") && line.includes("permutation")));
  assert.match(block[0], /^arm +permutation p +McNemar p +order ε \(≤\) +equivalence p$/);
  const tests = study.arms[1].furtherTests!;
  const own = renderTable(study)
    .split("\n")
    .findLast((line) => line.startsWith("light_sparse"))!;
  const { violation, bound } = tests.stochasticOrder;
  const cells = [pValue(tests.permutation.p), pValue(tests.mcNemar.p), `${fixed(violation, 2)} (${fixed(bound, 2)})`];
  assert.deepEqual(own.split(/ {2,}/), ["light_sparse", ...cells, pValue(tests.equivalence.p)]);
  assert.equal(block.length, 1 + 3, "the baseline has none");
  assert.doesNotMatch(renderTable(fakeStudy({ examples: 100, seeds: 4 })), /further tests/);
});

test("colours only when asked, and nothing but colours differs", () => {
  const plain = renderTable(study, { width: 120 });
  const painted = renderTable(study, { width: 120, paint: (style, text) => `<${style}>${text}<>` });
  assert.equal(painted.replace(/<\w*>/g, "").replace(/ +\n/g, "\n"), plain);
  assert.notEqual(painted, plain);
});

test("the template tag shows control characters as escapes, as no page may have them", () => {
  assert.equal(html`<b>${"a\u001b[2J\u0000\u009b\u202e\r\nb\tc"}</b>`.markup, "<b>a\\u001b[2J\\u0000\\u009b\\u202e\nb\tc</b>");
});

test("the template tag escapes values, joins lists and leaves out nothing-values", () => {
  assert.equal(
    html`<b title="${`"a'`}">${["<", raw("<i>"), null, false, undefined, 0]}</b>`.markup,
    `<b title="&quot;a&#39;">&lt;<i>0</b>`,
  );
});

test("numbers read as people write them", () => {
  assert.deepEqual([points(-0.4), points(0.004), fixed(-1.5, 1), percent(0.9106)], ["−0.40", "0.00", "−1.5", "91.06 %"]);
  assert.deepEqual([flops(1.23e9), flops(460_000), flops(999), flops(0)], ["1.23 G", "460 k", "999", "0.00"]);
  assert.deepEqual(
    [duration(4.2), duration(59.4), duration(75), duration(3 * 3600 + 120)],
    ["4.2 s", "59 s", "1 min 15 s", "3 h 2 min"],
  );
  assert.deepEqual([pValue(0.0312), pValue(0.00099), pValue(1)], ["0.031", "< 0.001", "1.000"]);
  assert.equal(halfWidth({ mean: 1, perSeed: [1] }), null);
  assert.equal(listed(["a", "b", "c"]), "a, b and c");
});

test("several studies' page says what they say together, and nothing where that is nothing", () => {
  const studies = ["a", "b", "c"].map((corpus) => fakeStudy({ study: `study-${corpus}`, corpus, examples: 100 }));
  const across = { name: "rows-250", ...acrossTasks(studies)! };
  const together = renderReport(studies, [across]);
  assert.deepEqual(misnested(together), []);
  const { mean, low, high, inside } = across.effects[0].effect;
  assert.ok(together.includes(`${points(mean)} <span class="pm">${points(low)} to ${points(high)}</span>`));
  assert.ok(together.includes(percent(inside, 1)));
  assert.match(together, /Across tasks, rows-250/);
  assert.match(together, /Random effects over three tasks: a, b and c\. Friedman’s test/);
  assert.doesNotMatch(renderReport(studies), /Across tasks/);
  assert.match(acrossLines(across)[1], /^ {2}light_sparse [+−]\d/);
});
