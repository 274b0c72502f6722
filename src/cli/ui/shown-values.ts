import { withoutPasswords } from "../run-command.ts";

const LONGEST = 300;

/** Settings as pages show them: passwords and secrets are left out, and so is what has no value. */
export const asTexts = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, string][] => {
      if (value === undefined || value === null || /token|password|secret/i.test(name)) return [];
      const text = typeof value === "object" ? JSON.stringify(value) : String(value);
      return [[name, withoutPasswords(text).slice(0, LONGEST)]];
    }),
  );
