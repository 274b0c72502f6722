import { expectedGot } from "../../../errors/index.ts";
import type { Connection } from "./connection.ts";

export interface Patience {
  /** How long a database may be away, in milliseconds; default 5 minutes. */
  readonly longestMs?: number;
  /** Told once each time the database goes away, and when it is back. */
  readonly onNote?: (text: string) => void;
  /** What to do about one that stays away, for the error; default: that the same command goes on. */
  readonly hint?: string;
}

const GOES_ON = "Finished runs are kept; the same command goes on with the others.";
const LONGEST_MS = 300_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/**
 * The same connection, which survives that the database goes away and comes back: what did not get through is done again, with pauses
 * that double up to 10 seconds.
 *
 * A statement may then have been done twice, since its first answer was lost: whoever uses it writes statements that bear this.
 *
 * @throws `database/unreachable` after `longestMs`; what is wrong with a statement at once.
 */
export function patient(
  connection: Connection,
  { longestMs = LONGEST_MS, onNote = () => {}, hint = GOES_ON }: Patience = {},
): Connection {
  let away = false;
  let gaveUp = false;
  const insist = async <T>(work: () => Promise<T>): Promise<T> => {
    const until = performance.now() + longestMs;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        const done = await work();
        if (away) onNote(`${connection.name} answers again`);
        away = gaveUp = false;
        return done;
      } catch (error) {
        const clash = isClash(error);
        if (!clash && !isOutage(error)) throw error;
        if (gaveUp || performance.now() + wait > until) {
          // whoever tidies up after this need not wait as long again
          gaveUp = true;
          throw unreachable(connection.name, error, hint);
        }
        if (!clash && !away) {
          onNote(`${connection.name} does not answer (${messageOf(error)}); trying again for ${Math.round(longestMs / 1000)} s`);
          away = true;
        }
        // some chance, so that a thousand workers do not come back at once
        await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
      }
    }
  };
  return {
    name: connection.name,
    exclusive: connection.exclusive,
    query: (statement, values) => insist(() => connection.query(statement, values)),
    transaction: (work) => insist(() => connection.transaction(work)),
    close: () => connection.close(),
  };
}

/** The error of a database that cannot be reached. */
export const unreachable = (name: string, error: unknown, hint: string) =>
  expectedGot("database/unreachable", name, "a database that answers", messageOf(error), hint);

/** The error of a database that answers, and lets this user do nothing. */
export const refused = (name: string, error: unknown) =>
  expectedGot(
    "database/refused",
    name,
    "a database in which this user may make tables",
    messageOf(error),
    "Check user and database in the URL, the password (PGPASSWORD or ~/.pgpass), and the user's rights.",
  );

/** Authorisation, no such database, no right (the same list of codes), and what `pg` says of a password that is not there. */
const REFUSAL_CODES = /^(28\w{3}|3D000|42501)$/;
export const isRefusal = (error: unknown): boolean => {
  const { code, message = "" } = error as { code?: string; message?: string };
  return code === undefined ? message.startsWith("SASL") : REFUSAL_CODES.test(code);
};

/** Of the system, of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html) and, without a code, of `pg`. */
const OUTAGE_CODES =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND|08\w{3}|57P0[1-3]|53300|25P03)$/;
const OUTAGE_MESSAGES =
  /connection terminated|connection error|not queryable|timeout exceeded when trying to connect|query read timeout/i;

/** Whether a database did not answer, as against refusing what it was asked. */
export function isOutage(error: unknown): boolean {
  const { code, message = "", errors } = error as { code?: string; message?: string; errors?: unknown[] };
  // of several addresses of a name
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isOutage);
  return code === undefined ? OUTAGE_MESSAGES.test(message) : OUTAGE_CODES.test(code);
}

/** Two transactions that met: one of them has to be done again. */
const isClash = (error: unknown): boolean => ["40001", "40P01"].includes((error as { code?: string }).code ?? "");

function messageOf(error: unknown): string {
  const { code, message, errors } = error as { code?: string; message?: string; errors?: Error[] };
  return message || errors?.[0]?.message || code || String(error);
}
