// Stands in for node:test in a browser: the suites register themselves, then `runAll` runs them in order.

/** What became of one test. */
export interface Outcome {
  /** Titles from the outermost describe inwards. */
  readonly title: string;
  readonly error?: string;
  readonly ms: number;
  readonly diagnostics: readonly string[];
}

interface Context {
  diagnostic(text: string): void;
}
type Body = (context: Context) => unknown;

interface Suite {
  readonly title: string;
  readonly before: (() => unknown)[];
  readonly after: (() => unknown)[];
  readonly children: (Suite | { readonly title: string; readonly body: Body })[];
}

const suiteOf = (title: string): Suite => ({ title, before: [], after: [], children: [] });
const root = suiteOf("");
let current = root;

export function describe(title: string, body: () => void): void {
  const suite = suiteOf(title);
  current.children.push(suite);
  const outer = current;
  current = suite;
  body();
  current = outer;
}

export function test(title: string, body: Body): void {
  current.children.push({ title, body });
}

export const before = (body: () => unknown): void => void current.before.push(body);
export const after = (body: () => unknown): void => void current.after.push(body);

/** Run everything that was registered; each outcome is reported as it comes. */
export const runAll = (report: (outcome: Outcome) => void): Promise<void> => run(root, [], report);

async function run(suite: Suite, path: readonly string[], report: (outcome: Outcome) => void): Promise<void> {
  const titled = (title: string): string => [...path, title].join(" › ");
  const attempt = async (title: string, body: Body): Promise<void> => {
    const diagnostics: string[] = [];
    const started = performance.now();
    let error: string | undefined;
    try {
      await body({ diagnostic: (text) => void diagnostics.push(text) });
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    report({ title: titled(title), error, ms: performance.now() - started, diagnostics });
  };
  for (const body of suite.before) await attempt("before", body);
  for (const child of suite.children) {
    if ("children" in child) await run(child, [...path, child.title], report);
    else await attempt(child.title, child.body);
  }
  for (const body of suite.after) await attempt("after", body);
}
