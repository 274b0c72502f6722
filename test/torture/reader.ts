import { type ChildProcess, fork } from "node:child_process";
import { pathToFileURL } from "node:url";
import type { Bundle } from "./bundle.ts";
import { NODE_FLAGS } from "./crisp-process.ts";
import { bundleEnv } from "./fault.ts";

/** What a model folder says to the texts of every read, or why it is refused. */
export type Answer = { readonly says: string } | { readonly code: string; readonly message: string };

const TEXTS = ["this is a brilliant cartoon.", "the speaker looks nasty to me."];
/** Each read leaves a session in the process. */
const READS_OF_ONE_PROCESS = 30;

/** Reads model folders as people do who load them in code, in a process of its own. */
export class Reader {
  readonly #bundle: Bundle;
  #child: ChildProcess | undefined;
  #reads = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(bundle: Bundle) {
    this.#bundle = bundle;
  }

  /** One after another, whoever asks. */
  read(folder: string): Promise<Answer> {
    const answer = this.#last.then(() => this.#ask(folder));
    this.#last = answer.catch(() => {});
    return answer;
  }

  close(): void {
    this.#child?.kill();
    this.#child = undefined;
  }

  #ask(folder: string): Promise<Answer> {
    if (this.#reads++ % READS_OF_ONE_PROCESS === 0) this.close();
    this.#child ??= fork(new URL(import.meta.url).pathname, ["read", this.#bundle.library], {
      execArgv: NODE_FLAGS,
      env: { ...process.env, ...bundleEnv(this.#bundle) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error(`the reader ended while it read ${folder}`));
      child.once("exit", gone);
      child.once("message", (answer: Answer) => {
        child.off("exit", gone);
        resolve(answer);
      });
      child.send(folder);
    });
  }
}

// Forked with the library that it reads with; imported, it does nothing.
if (process.send && process.argv[2] === "read") {
  const { Classifier } = (await import(pathToFileURL(process.argv[3]).href)) as typeof import("../../src/api/index-node.ts");
  process.on("message", async (folder: string) => {
    let answer: Answer;
    try {
      const model = await Classifier.load(folder, { device: "cpu", onNote: () => {} });
      answer = { says: JSON.stringify(await model.predict(TEXTS)) };
    } catch (error) {
      const { code = "unexpected", message } = error as { code?: string; message: string };
      answer = { code, message };
    }
    if (process.connected) process.send!(answer);
  });
}
