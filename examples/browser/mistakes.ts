import type { TrainResult } from "crisp-attention";
import { byId, percent } from "./page.ts";

const MOST = 10;
const TEXT = 240;

/** The held-out texts that the model got wrong, the surest first. */
export function showMistakes({ evaluated: { dataset, probabilities } }: TrainResult): void {
  const wrong = dataset.examples.flatMap(({ text, pair, label }, at) => {
    const row = probabilities[at] ?? [];
    const score = Math.max(...row);
    const said = row.indexOf(score);
    return said === label || label < 0 ? [] : [{ text: pair === undefined ? text : `${text} / ${pair}`, label, said, score }];
  });
  wrong.sort((a, b) => b.score - a.score);
  const shown = wrong.slice(0, MOST);
  const of = `${wrong.length} of ${dataset.examples.length} held-out texts`;
  const which = wrong.length > MOST ? ` The ${MOST} it was surest of:` : "";
  byId("mistakes-note", HTMLElement).textContent = wrong.length === 0 ? `None: ${of} are wrong.` : `${of} are wrong.${which}`;
  byId("mistakes-list", HTMLElement).replaceChildren(
    ...shown.map(({ text, label, said, score }) => {
      const item = document.createElement("li");
      const answer = document.createElement("b");
      answer.textContent = `${dataset.labels[label]}, taken for ${dataset.labels[said]} (${percent(score)})`;
      const words = document.createElement("span");
      words.textContent = text.length > TEXT ? `${text.slice(0, TEXT)}…` : text;
      item.append(answer, words);
      return item;
    }),
  );
  byId("mistakes", HTMLElement).hidden = false;
}

export function hideMistakes(): void {
  byId("mistakes", HTMLElement).hidden = true;
}
