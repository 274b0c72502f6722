/** Repeatable choices: the same seed gives the same inputs on every machine. */
export class Random {
  private state: number;

  /** @param seed - Any whole number. */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number in [0, 2³²): splitmix32. */
  bits(): number {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** A whole number in [0, `end`). */
  below(end: number): number {
    return Math.floor((this.bits() / 2 ** 32) * end);
  }

  /** From 1 to `most`, every order of size as often: sizes of cuts and copies. */
  size(most: number): number {
    return Math.min(most, 1 + this.below(2 ** this.below(Math.log2(most) + 2)));
  }

  /** From 1 to `most`, mostly 1: how many changes at once. */
  few(most: number): number {
    return 1 + this.below(1 + this.below(most));
  }

  chance(probability: number): boolean {
    return this.bits() < probability * 2 ** 32;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

/** A seed for each target from the seed of the run, so that one target alone gets the same inputs as among all. */
export function seedOf(seed: number, name: string): number {
  let hash = seed >>> 0;
  for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
