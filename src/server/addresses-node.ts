import { isIP, isIPv6 } from "node:net";
import { hostname, networkInterfaces } from "node:os";

/** Whether nobody outside this machine reaches an address to listen on. */
export const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);

/** An address as it stands in a URL. */
export const inUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/**
 * The names that requests may have in Host: those of this machine, and those that the user allows.
 *
 * @param host - Where the server listens; on all interfaces (`0.0.0.0`, `::`) each of their addresses counts.
 * @param allowed - More names, such as that of a proxy or of a service.
 */
export function hostNames(host: string, allowed: readonly string[] = []): ReadonlySet<string> {
  const all = host === "0.0.0.0" || host === "::";
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  const own = isLoopback(host) || all ? ["localhost", "127.0.0.1", "::1"] : [];
  const names = [host, ...own, ...(all ? [hostname(), ...addresses] : []), ...allowed];
  // as URL.hostname has it
  return new Set(names.map((name) => (isIP(name) ? inUrl(name) : name).toLowerCase()));
}
