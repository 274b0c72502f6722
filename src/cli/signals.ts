export interface Stop {
  /** Aborted by the first SIGINT or SIGTERM after `listen`, or by a reader that has gone. */
  readonly signal: AbortSignal;
  /** True once whatever read standard output has closed it. */
  readonly readerGone: boolean;
  /**
   * From here on the first Ctrl-C asks for a clean stop, and the second one ends the process at once.
   *
   * @param when - When it will stop, for people. Default: `after this step`.
   */
  listen(when?: string): AbortSignal;
}

/**
 * Watch for Ctrl-C and for a closed pipe on standard output.
 *
 * Before `listen` Ctrl-C ends the process, as it does without any handler. A reader that has seen enough
 * (`crisp predict … | head`) is no error: it ends the process quietly, or asks a verb that listens to stop.
 */
export function watchForStop(): Stop {
  const stop = new AbortController();
  let listening = false;
  let readerGone = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    readerGone = true;
    if (listening) stop.abort();
    else process.exit(0);
  });
  return {
    signal: stop.signal,
    get readerGone() {
      return readerGone;
    },
    listen(when = "after this step") {
      listening = true;
      for (const name of ["SIGINT", "SIGTERM"] as const) {
        process.on(name, () => {
          if (stop.signal.aborted) endAtOnce(name);
          process.stderr.write(`\nstopping ${when}; press Ctrl-C again to stop at once\n`);
          stop.abort();
        });
      }
      return stop.signal;
    },
  };
}

/** As the signal itself ends a process: to exit while a thread computes makes ONNX Runtime abort with a stack. */
function endAtOnce(name: "SIGINT" | "SIGTERM"): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
  // process 1 of a container ignores signals that it does not handle
  process.exit(130);
}
