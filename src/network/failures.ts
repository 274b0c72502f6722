/** Statuses that mean "later". */
export const isPassing = (status: number): boolean => [408, 429, 500, 502, 503, 504].includes(status);

/** Whether nothing was connected to: no network, no such host, nobody who listens, or a port that `fetch` never asks. */
export function isUnconnected(error: unknown): boolean {
  const { code = "", message } = innermost(error);
  return /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ENETDOWN)$/.test(code) || message === "bad port";
}

/** The innermost cause: fetch itself says only "fetch failed". */
export function causeOf(error: unknown): string {
  const { message, code } = innermost(error);
  return message || code || String(error);
}

function innermost(error: unknown): Partial<Error> & { readonly code?: string } {
  let inner = error as Error & { code?: string };
  while (inner?.cause) inner = inner.cause as typeof inner;
  return inner ?? {};
}
