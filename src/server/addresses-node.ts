import { isIP, isIPv6 } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { expectedGot } from "../errors/index.ts";

/** Whether nobody outside this machine reaches an address to listen on. */
export const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);

/** An address as it stands in a URL. */
export const inUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** Whether an address to listen on is that of all interfaces, however it is written: `0.0.0.0`, `0`, `::`, `::0`. */
function isAll(host: string): boolean {
  return ["0.0.0.0", "[::]", "[::ffff:0:0]"].includes(URL.parse(`http://${inUrl(host)}/`)?.hostname ?? "");
}

/**
 * The names that requests may have in Host: those of this machine, and those that the user allows.
 *
 * @param host - Where the server listens; on all interfaces each of their addresses counts.
 * @param allowed - More names, such as that of a proxy or of a service.
 * @throws `server/bad-host-name` for what no Host can have as its name.
 */
export function hostNames(host: string, allowed: readonly string[] = []): ReadonlySet<string> {
  const all = isAll(host);
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  const own = isLoopback(host) || all ? ["localhost", "127.0.0.1", "::1"] : [];
  const names = [host, ...own, ...(all ? [hostname(), ...addresses] : []), ...allowed.map(checkedName)];
  // as URL.hostname has it
  return new Set(names.map((name) => (isIP(name) ? inUrl(name) : name).toLowerCase()));
}

/** As URL.hostname has it. */
function checkedName(name: string): string {
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  const url = isIP(bare) || /^[^/?#@:*\s\\]+$/.test(bare) ? URL.parse(`http://${inUrl(bare)}/`) : null;
  if (url !== null) return url.hostname;
  const rule = "names without scheme, port or *, such as models.example";
  throw expectedGot("server/bad-host-name", "--allowed_hosts", rule, name, "Give each name by itself.");
}
