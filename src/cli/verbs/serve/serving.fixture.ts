import { runCommand } from "../../run-command.ts";
import type { Verb } from "../../verb.ts";
import { serve } from "./serve.ts";

export interface Serving {
  readonly url: string;
  /** What was printed so far. */
  printed(): { readonly stdout: string; readonly stderr: string };
  /** As a signal stops it. @returns the exit code. */
  stop(): Promise<number>;
}

/** `crisp serve` in this process, on a free port, until the test ends. @throws an error with what it said, where it does not start. */
export async function serving(context: { after(end: () => unknown): void }, ...args: readonly string[]): Promise<Serving> {
  const signal = new AbortController();
  const started = Promise.withResolvers<string>();
  let [stdout, stderr] = ["", ""];
  const ended = runCommand({
    argv: ["serve", "--port", "0", "--json", ...args],
    verbs: [{ name: serve.name, summary: serve.summary, load: async () => serve as unknown as Verb }],
    stdout: {
      write(text) {
        stdout += text;
        const { url } = JSON.parse(text);
        if (url !== undefined) started.resolve(url);
      },
    },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    version: "0",
    listenForSignals: () => signal.signal,
  });
  const stop = (): Promise<number> => {
    signal.abort();
    return ended;
  };
  context.after(stop);
  void ended.then(() => started.reject(new Error(stderr)));
  return { url: await started.promise, printed: () => ({ stdout, stderr }), stop };
}
