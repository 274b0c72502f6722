/** Parts of made-up letters to a shop; each label has openings and closings of its own, and objects are shared by all. */
const LETTERS = {
  billing: [
    [
      "I was charged twice for",
      "The invoice shows the wrong amount for",
      "My card was declined when I paid for",
      "I want my money back for",
    ],
    ["please refund me", "the receipt is missing", "why is the price higher than before", "send me a correct bill"],
  ],
  delivery: [
    ["Nobody has brought", "The courier lost", "The parcel tracking is stuck for", "I moved and need a new address for"],
    ["it is a week late", "when will it arrive", "the box was left in the rain", "the driver never rang the bell"],
  ],
  technical: [
    ["The app crashes when I open", "I cannot log in to set up", "An error message appears on", "The battery drains too fast in"],
    ["restarting does not help", "the screen stays black", "the update failed again", "it freezes every time"],
  ],
  praise: [
    ["I am delighted with", "My whole family loves", "Thank you so much for", "I have never been happier with"],
    ["keep up the good work", "five stars from me", "I told all my friends", "what a wonderful shop"],
  ],
} as const;
const THINGS = [
  "the lamp",
  "my new phone",
  "the garden chair",
  "the coffee machine",
  "these headphones",
  "the blue jacket",
  "my order",
];
const ASIDES = ["By the way,", "To be honest,", "As you know,", "Just so you know,", ""];
const ROWS = 600;

/**
 * Made-up letters to a shop with four labels, as a CSV file: always the same ones.
 *
 * One in twenty carries another label than it deserves, so that nobody reaches 100 %.
 */
export function exampleData(): File {
  const random = numbers(1);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)];
  const labels = Object.keys(LETTERS) as (keyof typeof LETTERS)[];
  const rows = Array.from({ length: ROWS }, (_, at) => {
    const label = labels[at % labels.length];
    const [openings, closings] = LETTERS[label];
    const text = `${pick(ASIDES)} ${pick(openings)} ${pick(THINGS)}, ${pick(closings)}${pick([".", "!", ""])}`.trim();
    return `"${text}",${random() < 0.05 ? pick(labels) : label}`;
  });
  return new File([`text,label\n${rows.join("\n")}\n`], "example-letters.csv", { type: "text/csv" });
}

/** Numbers in [0, 1) from a seed: mulberry32, public domain. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
