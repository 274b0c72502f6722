import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { createTokenizer, type Example } from "../../data/index.ts";
import { ceilingUnder, demoSparsities, reachOfCls } from "./ceilings.ts";
import { demoCorpora, demoSizes, distractors, everyWord, type Recipe } from "./corpora.ts";
import { writeReviews } from "./grammar.ts";
import type { Law } from "./law.ts";
import { demoTokenizer } from "./tokenizer.ts";
import { opinions, slots } from "./words.ts";

const corpora = demoCorpora();
const texts = corpora.slice(0, 2);
const tokenizer = createTokenizer(demoTokenizer());
const tokensOf = (text: string): string[] => tokenizer.tokens(tokenizer.encode(text).inputIds);

/** 0 or 1 for a word that is an opinion. */
const says = new Map(opinions.flatMap((words, label) => words.map((word) => [word, label] as const)));

/** What the opinions of a sentence say and where they stand, read from the text alone. */
function read(text: string): { tokens: string[]; said: number[]; positions: number[]; length: number } {
  const tokens = tokensOf(text);
  const positions = [...tokens.keys()].filter((at) => says.has(tokens[at]));
  return { tokens, said: positions.map((at) => says.get(tokens[at])!), positions, length: tokens.length };
}

const many = 10_000;
const draw = ({ templates }: Recipe, law: Law, heldOut: boolean): readonly Example[] =>
  writeReviews({ name: "trial", templates, law, size: many, heldOut }, 7).examples;
const samples = {
  distractorsTrain: draw(distractors, distractors.trainLaw, false).map((e) => ({ ...e, ...read(e.text) })),
  distractors: draw(distractors, distractors.reportedLaw, true).map((e) => ({ ...e, ...read(e.text) })),
  everyWord: draw(everyWord, everyWord.reportedLaw, true).map((e) => ({ ...e, ...read(e.text) })),
};
type Read = (typeof samples)["distractors"][number];

/** Holds a rate to its expectation within five binomial deviations. */
function assertRate(what: string, hits: number, of: number, expected: number): void {
  const deviation = Math.sqrt((expected * (1 - expected)) / of);
  assert.ok(Math.abs(hits / of - expected) <= 5 * deviation, `${what}: ${hits} of ${of}, expected ${expected}`);
}

const majority = (said: readonly number[]): number => Number(said.reduce((sum, o) => sum + o, 0) * 2 > said.length);
/** Reads only what [CLS] can draw on. */
const within = (sparsity: number, { said, positions, length }: Read): number[] =>
  said.filter((_, i) => positions[i] <= reachOfCls(sparsity, length));

describe("the ceilings", () => {
  test("are what ideal readers of the text reach, through every window", () => {
    for (const sparsity of demoSparsities) {
      const verdictRight = samples.distractors.filter((e) => within(sparsity, e)[0] === e.label).length;
      const { templates, reportedLaw } = distractors;
      assertRate(
        `first opinion, s = ${sparsity}`,
        verdictRight,
        many,
        ceilingUnder(sparsity, templates, reportedLaw, reportedLaw),
      );
      const majorityRight = samples.everyWord.filter((e) => majority(within(sparsity, e)) === e.label).length;
      assertRate(
        `majority, s = ${sparsity}`,
        majorityRight,
        many,
        ceilingUnder(sparsity, everyWord.templates, everyWord.reportedLaw, everyWord.reportedLaw),
      );
    }
  });

  test("a reader who learned the training law perfectly is misled to 0.7 when it sees everything", () => {
    const misled = ({ said }: Read): number => (said[1] === said[2] ? said[1] : said[0]);
    assertRate("reported", samples.distractors.filter((e) => misled(e) === e.label).length, many, 0.7);
    // Right in training: both remarks agree and are right, or they differ and the verdict is right.
    const rate = 0.85 ** 2 + 2 * 0.85 * 0.15 * 0.9;
    assertRate("training", samples.distractorsTrain.filter((e) => misled(e) === e.label).length, many, rate);
  });
});

describe("the planted agreement", () => {
  test("of each opinion with the label has the stated rate, in training and reported", () => {
    for (const [rows, rates] of [
      [samples.distractorsTrain, [0.9, 0.85, 0.85]],
      [samples.distractors, [0.9, 0.5, 0.5]],
    ] as const) {
      for (const [place, rate] of rates.entries())
        assertRate(`opinion ${place}`, rows.filter((e) => e.said[place] === e.label).length, many, rate);
    }
  });

  test("stands in the corpus itself, selection drawn like training", () => {
    const { train, selection, reported } = corpora[0];
    for (const [split, rates] of [
      [train, [0.9, 0.85, 0.85]],
      [selection, [0.9, 0.85, 0.85]],
      [reported, [0.9, 0.5, 0.5]],
    ] as const) {
      for (const [place, rate] of rates.entries()) {
        const hits = split.examples.filter((e) => read(e.text).said[place] === e.label).length;
        assertRate(`${split.name}, opinion ${place}`, hits, split.examples.length, rate);
      }
    }
  });

  test("is the only thing that tells the label: no other word does", () => {
    for (const rows of [samples.distractorsTrain, samples.distractors, samples.everyWord]) {
      const counts = new Map<string, [number, number]>();
      for (const { tokens, label } of rows) {
        for (const token of new Set(tokens)) {
          if (says.has(token)) continue;
          const count = counts.get(token) ?? [0, 0];
          count[label]++;
          counts.set(token, count);
        }
      }
      for (const [token, [negative, positive]] of counts) assertRate(token, positive, negative + positive, 0.5);
    }
  });
});

describe("the splits", () => {
  test("have the stated sizes, half of each label, and examples numbered from 0", () => {
    for (const corpus of texts) {
      for (const part of ["train", "selection", "reported"] as const) {
        const { examples } = corpus[part];
        assert.equal(examples.length, demoSizes[part]);
        assert.equal(examples.filter((e) => e.label === 1).length, demoSizes[part] / 2);
        assert.deepEqual(
          examples.map((e) => e.index),
          examples.map((_, i) => i),
        );
      }
      assert.equal(corpus.freshSentences.length, 5);
    }
  });

  test("share no sentence with each other or with the fresh ones, nor hold one twice", () => {
    const all = texts.flatMap((c) =>
      [...c.train.examples, ...c.selection.examples, ...c.reported.examples, ...c.freshSentences].map((e) => e.text),
    );
    assert.equal(new Set(all).size, all.length);
  });

  test("are 31 to 36 tokens long, special tokens included, and hold no unknown word", () => {
    for (const corpus of texts) {
      for (const { text } of [...corpus.train.examples, ...corpus.selection.examples, ...corpus.reported.examples]) {
        const tokens = tokensOf(text);
        assert.ok(tokens.length >= 31 && tokens.length <= 36, `${tokens.length}: ${text}`);
        assert.ok(!tokens.includes("[UNK]"), text);
      }
    }
  });

  test("use held-out words in every slot of the reported split, and nowhere else", () => {
    const heldOut = new Set(Object.values(slots).flatMap((slot) => slot.heldOut));
    const seen = new Set(Object.values(slots).flatMap((slot) => slot.seen));
    for (const corpus of texts) {
      const wordsOf = (rows: readonly { text: string }[]): Set<string> => new Set(rows.flatMap((e) => tokensOf(e.text)));
      const training = wordsOf([...corpus.train.examples, ...corpus.selection.examples]);
      const reported = wordsOf([...corpus.reported.examples, ...corpus.freshSentences]);
      assert.deepEqual(
        [...training].filter((word) => heldOut.has(word)),
        [],
      );
      assert.deepEqual(
        [...reported].filter((word) => seen.has(word)),
        [],
      );
      assert.ok([...reported].filter((word) => heldOut.has(word)).length > 40);
      for (const word of opinions.flat()) assert.ok(wordsOf(corpus.train.examples).has(word), `${word} is never seen`);
    }
  });

  test("of dense-against-dense are those of the distractors", () => {
    assert.equal(corpora[2].name, "dense-against-dense");
    assert.deepEqual(corpora[2].reported, corpora[0].reported);
  });

  test("are the same for everybody, and others for another seed", () => {
    const text = JSON.stringify(texts.map((c) => [c.train, c.selection, c.reported, c.freshSentences]));
    const hash = createHash("sha256").update(text).digest("hex");
    assert.equal(hash, "153ff2c4205b44540a748618895ae0a673d22f456e6cda85e8e9516fd99ec4c2");
    assert.notDeepEqual(demoCorpora(1)[0].train, corpora[0].train);
  });
});

describe("the words", () => {
  test("stand in one list only, so that what is held out is held out everywhere", () => {
    const lists = [...opinions, ...Object.values(slots).flatMap((slot) => [slot.seen, slot.heldOut])];
    assert.deepEqual(
      lists.flat().filter((word, at, all) => all.indexOf(word) !== at),
      [],
    );
    const written = [...distractors.templates, ...everyWord.templates].flatMap((template) => template.split(" "));
    assert.deepEqual(
      lists.flat().filter((word) => written.includes(word)),
      [],
    );
  });

  test("read well: no vowel after 'a', no word of a list twice in a sentence", () => {
    for (const { text } of texts.flatMap((c) => [...c.train.examples, ...c.reported.examples])) {
      assert.doesNotMatch(text, /\ba [aeiou]|\{|undefined| [,.;:!]/);
      const chosen = tokensOf(text).filter((token) => says.has(token));
      assert.equal(new Set(chosen).size, chosen.length, text);
    }
  });
});

describe("the fresh sentences", () => {
  test("are labelled by what they say, without noise", () => {
    for (const { text, label } of corpora[0].freshSentences) assert.equal(read(text).said[0], label, text);
    for (const { text, label } of corpora[1].freshSentences) assert.equal(majority(read(text).said), label, text);
  });
});
