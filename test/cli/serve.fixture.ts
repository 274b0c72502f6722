import { type ChildProcess, spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";

const main = join(import.meta.dirname, "../../src/cli/main.ts");

export interface ServeProcess {
  readonly url: string;
  /** Resolves to the exit code, or to the name of the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** `crisp serve` as a user starts it; ready to answer. */
export async function startServe(folder: string, args: readonly string[] = []): Promise<ServeProcess> {
  const child: ChildProcess = spawn(process.execPath, [main, "serve", folder, "--json", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | string>((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code!)));
  let [stdout, stderr] = ["", ""];
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stdout.endsWith("\n")) resolve(JSON.parse(stdout.split("\n")[0]).url);
    });
    void exited.then((how) => reject(new Error(`crisp serve ended with ${how}: ${stderr}`)));
  });
  return {
    url,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

export interface Answered {
  readonly label: string | null;
  readonly score: number;
  readonly elapsedMs: number;
  /** Requests that were sent for it. */
  readonly tries: number;
}

/** A client as one writes it: connections are kept, and what a restart, a full queue or a closed connection cuts off is asked again. */
export function client(url: string) {
  const agent = new Agent({ keepAlive: true });
  const once = (text: string): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const headers = { "Content-Type": "application/json" };
      const sent = request(new URL("predict", url), { method: "POST", agent, headers }, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (piece) => (body += piece));
        answer.on("end", () => resolve({ status: answer.statusCode!, body }));
        answer.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(JSON.stringify({ text }));
    });
  return {
    /** @throws for any other answer than 200 and 503, and after a minute. */
    async ask(text: string): Promise<Answered> {
      const start = performance.now();
      for (let tries = 1; ; tries++) {
        const { status, body } = await once(text).catch((error: Error) => ({ status: 0, body: error.message }));
        const elapsedMs = performance.now() - start;
        if (status === 200) return { ...JSON.parse(body).answers[0], elapsedMs, tries };
        if ((status !== 0 && status !== 503) || elapsedMs > 60_000) throw new Error(`${status} ${body}`);
        await after(Math.min(1000, 50 * tries));
      }
    },
    close: () => agent.destroy(),
  };
}

/** A result for each item, `concurrency` of them under way at a time. */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  one: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await one(items[at]);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return results;
}

/** Answers that are not those that `crisp predict` gave: another label, or a score more than 1e-6 away. */
export const wrong = (
  answers: readonly Omit<Answered, "elapsedMs" | "tries">[],
  expected: readonly { label: unknown; score: unknown }[],
) =>
  answers.filter(({ label, score }, at) => {
    const said = expected[at % expected.length];
    return label !== said.label || Math.abs(score - (said.score as number)) > 1e-6;
  });
