import { CrispError, expectedGot } from "../../../errors/index.ts";
import { HttpError } from "../../../server/index-node.ts";
import {
  type Connection,
  type DatabasePlace,
  LOST_AFTER_SECONDS,
  openDatabase,
  type RunProgress,
} from "../../../studies/index-node.ts";
import type { StudyCell } from "./study-source.ts";

/** Before the name of a study in the paths of its page and of those of its runs; no file or folder of `crisp ui` has such a path. */
const PREFIX = "database:";
export const isInDatabase = (path: string): boolean => path.startsWith(PREFIX);
export const pathOfStudy = (study: string): string => PREFIX + study;
export const studyOf = (path: string): string => path.slice(PREFIX.length);

const HINT = "This page asks again by itself.";

/** Connects once; later a request that finds it away fails at once, and the next one tries again. @throws As `openDatabase`. */
export const connectStudies = (place: DatabasePlace): Promise<Connection> => openDatabase(place, { longestMs: 0, hint: HINT });

/** A page is not waited for longer. */
export const ANSWER_MS = 8000;

/** What the database says, or an error that a page can show; none has the address, which may hold a password. */
export async function answered<T>(name: string, work: Promise<T>, answerMs = ANSWER_MS): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(away(name, `no answer for ${answerMs / 1000} s`)), answerMs);
  try {
    return await Promise.race([work, late.promise]);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw error instanceof CrispError ? new HttpError(503, error) : away(name, (error as Error).message);
  } finally {
    clearTimeout(timer);
  }
}

const away = (name: string, got: string): HttpError =>
  new HttpError(503, expectedGot("database/unreachable", name, "a database that answers", got, HINT));

/** How a run stands that is not done. */
export function openCell({ state, seconds, silentSeconds, share, error }: Omit<RunProgress, "arm" | "seed">): StudyCell {
  const failure = error === null ? {} : { message: error };
  if (state !== "running") return { word: state === "failed" || error !== null ? "failed" : "waiting", ...failure };
  const silent = Math.round(silentSeconds ?? 0);
  return {
    ...(silent > LOST_AFTER_SECONDS
      ? { word: "interrupted" as const, message: `no sign of life for ${silent} s` }
      : { word: "running" as const, seconds: seconds ?? 0 }),
    ...(share !== null && { share }),
  };
}
