import { expectedGot } from "../../errors/index.ts";
import { sortLabels, tidyLabel } from "./dataset.ts";

/** Beyond this, a column of labels is no column of labels. */
export const MOST_LABELS = 10_000;

/** A way of writing a label that was met, as bytes. */
interface Written {
  readonly bytes: Uint8Array;
  readonly label: number;
}

/** Counts labels as they stand in a file, by their bytes where possible. */
export class LabelCounter {
  readonly #known: readonly string[] | undefined;
  readonly #ids = new Map<string, number>();
  readonly #counts: number[] = [];
  readonly #written = new Map<number, Written[]>();
  #forms = 0;

  /** @param known - The labels in class order, where they are fixed: no other is taken then. */
  constructor(known?: readonly string[]) {
    this.#known = known;
    known?.forEach((label) => {
      this.#id(label);
    });
  }

  #id(label: string): number {
    let id = this.#ids.get(label);
    if (id === undefined) {
      id = this.#counts.push(0) - 1;
      this.#ids.set(label, id);
    }
    return id;
  }

  /**
   * Count a label written as these bytes, if they were met before.
   *
   * @returns false when they were not: then decode and `add` it.
   */
  addBytes(bytes: Uint8Array, start: number, end: number): boolean {
    const forms = this.#written.get(hashOf(bytes, start, end));
    if (forms === undefined) return false;
    for (const form of forms) {
      if (!sameBytes(form.bytes, bytes, start, end)) continue;
      this.#counts[form.label]++;
      return true;
    }
    return false;
  }

  /**
   * Count a label.
   *
   * @param text - The cell; spaces around it do not count.
   * @param place - File and line, for messages.
   * @param bytes - How it is written, to be known again by `addBytes`.
   * @param tidy - False for class names, which are taken as they are.
   * @returns false for a label other than the known ones.
   * @throws `data/too-many-labels`.
   */
  add(text: string, place: string, bytes?: Uint8Array, tidy = true): boolean {
    const label = tidy ? tidyLabel(text) : text;
    if (this.#known && !this.#ids.has(label)) return false;
    const id = this.#id(label);
    this.#counts[id]++;
    if (this.#ids.size > MOST_LABELS) {
      throw expectedGot(
        "data/too-many-labels",
        place,
        `at most ${MOST_LABELS} different labels`,
        `another one, "${label.slice(0, 40)}"`,
        "Name the column of the labels with labelColumn.",
      );
    }
    if (bytes && this.#forms < 2 * MOST_LABELS) {
      const hash = hashOf(bytes, 0, bytes.length);
      const forms = this.#written.get(hash);
      if (forms) forms.push({ bytes, label: id });
      else this.#written.set(hash, [{ bytes, label: id }]);
      this.#forms++;
    }
    return true;
  }

  /** The labels in class order, and how many rows have each. */
  finish(): { readonly labels: readonly string[]; readonly counts: readonly number[] } {
    const labels = this.#known ?? sortLabels(this.#ids.keys());
    return { labels, counts: labels.map((label) => this.#counts[this.#ids.get(label)!]) };
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return hash;
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
