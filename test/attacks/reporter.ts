// A reporter of node:test for programs: a line of JSON for each test that ended.
import type { TestEvent } from "node:test/reporters";

/** How a test ended. */
export interface Ended {
  /** Its name, behind the names of what it stands in. */
  readonly names: readonly string[];
  readonly passed: boolean;
  readonly skipped: boolean;
  /** `testCodeFailure` where the test itself threw; others where a hook, a subtest or a time limit did. */
  readonly failureType?: string;
  /** What it threw, with its stack. */
  readonly error?: string;
}

interface Failure extends Error {
  readonly failureType?: string;
}

const textOf = (error: Error): string => {
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.stack ?? `${cause.name}: ${cause.message}`;
};

export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  /** Of the test that is told of, and of all that it stands in. */
  let names: string[] = [];
  for await (const { type, data } of events) {
    if (type === "test:start") names = [...names.slice(0, data.nesting), data.name];
    if (type !== "test:pass" && type !== "test:fail") continue;
    const error = type === "test:fail" ? (data.details.error as Failure) : undefined;
    const ended: Ended = {
      names: [...names.slice(0, data.nesting), data.name],
      passed: type === "test:pass",
      skipped: data.skip !== undefined,
      ...(error && { failureType: error.failureType, error: textOf(error) }),
    };
    yield `${JSON.stringify(ended)}\n`;
  }
}
