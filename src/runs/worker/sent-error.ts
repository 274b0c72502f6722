import { CrispError } from "../../errors/index.ts";

/** An error as it crosses between threads and processes, which clone data but no classes. */
export interface SentError {
  readonly message: string;
  /** Of a `CrispError`. */
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly stack?: string;
}

export function toSent(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  return error instanceof CrispError
    ? { message, stack, code: error.code, details: cloneable(error.details) }
    : { message, stack };
}

/** The error again, a `CrispError` where it was one. */
export function fromSent({ message, code, details, stack }: SentError): Error {
  const error = code === undefined ? new Error(message) : new CrispError(code, message, { ...details });
  error.stack = stack;
  return error;
}

/** Details that cannot be cloned must not hide the error. */
function cloneable(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(details);
  } catch {
    return {};
  }
}
