/**
 * A number of things in words, for messages.
 *
 * @param count - Printed as it is given, e.g. `1,234`.
 * @param noun - What one of them is called.
 * @param plural - What several are called; left out, the noun with an s.
 * @example
 * counted(1, "row"); // "1 row"
 * counted(3, "class", "classes"); // "3 classes"
 */
export const counted = (count: number | string, noun: string, plural = `${noun}s`): string =>
  `${count} ${Number(count) === 1 ? noun : plural}`;
