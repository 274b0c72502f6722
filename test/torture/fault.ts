import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Bundle } from "./bundle.ts";

/** When a fault strikes: at the `at`-th call, from 1, that changes the disk below its root, over all threads of a process. */
interface When {
  readonly at: number;
  /** Only calls count that match, e.g. `rename /tmp/out/config.json`. */
  readonly path?: string;
}

/** What goes wrong in a process while it runs. */
export type Fault = { readonly root: string } & (
  | (When & {
      /** SIGKILL, before the call, or, where it writes, in the middle of its bytes. */
      readonly kind: "kill";
    })
  | {
      /** From the `at`-th byte that is written on the disk is full: writes stop short, then fail, and nothing new can be made. */
      readonly kind: "full";
      readonly at: number;
    }
  | (When & {
      /** The call fails, and all that follow it unless it is to happen `once`. */
      readonly kind: "fail";
      readonly code: "EROFS" | "EACCES" | "EIO";
      readonly once: boolean;
    })
  | (When & {
      /** From then on the clock is `shiftMs` off, and the times of files `fileShiftMs`. */
      readonly kind: "clock";
      readonly shiftMs: number;
      readonly fileShiftMs: number;
    })
  | (When & {
      /** The process stands still, makes the file `paused`, and goes on once that is removed. */
      readonly kind: "pause";
      readonly paused: string;
    })
  | {
      /** Nothing; at its end the process writes how much there was to count. */
      readonly kind: "count";
      readonly to: string;
    }
);

/** A fault of some folder. */
export type FaultKind = Fault extends infer F ? (F extends Fault ? Omit<F, "root"> : never) : never;

/** What a process of kind `count` leaves in its file. */
export interface Counted {
  readonly calls: number;
  readonly bytes: number;
}

/** The variable that tells a process its fault. */
export const FAULT = "CRISP_TORTURE_FAULT";

/** What makes Node load the preloads in each of its threads and children, and compile a bundle once. */
export const bundleEnv = ({ folder, oneCore, faults }: Bundle, fault?: Fault): Readonly<Record<string, string>> => ({
  NODE_COMPILE_CACHE: join(folder, "compiled"),
  NODE_OPTIONS: [oneCore, ...(fault ? [faults] : [])].map((path) => `--import ${pathToFileURL(path).href}`).join(" "),
  ...(fault && { [FAULT]: JSON.stringify(fault) }),
});

export const inWords = (fault: Fault | undefined): string => {
  if (!fault) return "undisturbed";
  const { root: _, ...rest } = fault;
  return Object.entries(rest)
    .filter(([name]) => !["paused", "to"].includes(name))
    .map(([name, value]) => (name === "kind" ? `${value}` : `${name}=${value}`))
    .join(" ");
};

export const sourceOfThisRepository = (): string => fileURLToPath(new URL("../../src", import.meta.url));
