import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Programs of the newest PostgreSQL that Debian installed. */
const PROGRAMS = globSync("/usr/lib/postgresql/*/bin").sort().at(-1);

/** Why there is no PostgreSQL here; undefined where there is one. */
export const noPostgres: string | undefined =
  PROGRAMS && existsSync(join(PROGRAMS, "initdb")) ? undefined : "no PostgreSQL on this machine (apt-get install postgresql)";

/** Must be seen nowhere. */
export const PASSWORD = "open-sesame";

export interface TestPostgres {
  readonly url: string;
  /** Stop it, under whoever uses it, and start it again after a while. */
  restart(awayMs?: number): Promise<void>;
  stop(): void;
}

/**
 * Start a PostgreSQL of its own, in a temporary folder, on a free port of this machine.
 *
 * @param options.fsync - Wait for the disk as a real one does; default false.
 */
export async function startPostgres({ fsync = false }: { readonly fsync?: boolean } = {}): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "crisp-postgres-"));
  const port = await freePort();
  // PostgreSQL refuses to run as root
  const asOther = process.getuid?.() === 0;
  writeFileSync(join(folder, "password"), PASSWORD);
  if (asOther) execFileSync("chown", ["-R", "postgres", folder]);
  const run = (program: string, ...args: string[]): void => {
    const command = [join(PROGRAMS!, program), ...args];
    const [file, ...rest] = asOther ? ["runuser", "-u", "postgres", "--", ...command] : command;
    execFileSync(file, rest, { stdio: "ignore", cwd: folder });
  };
  const data = join(folder, "data");
  const settings = `-h 127.0.0.1 -p ${port} -c unix_socket_directories= -c fsync=${fsync ? "on" : "off"}`;
  const start = (): void => run("pg_ctl", "start", "-w", "-D", data, "-l", join(folder, "log"), "-o", settings);
  run(
    "initdb",
    "-D",
    data,
    "-U",
    "crisp",
    "-A",
    "scram-sha-256",
    "--pwfile",
    join(folder, "password"),
    "-E",
    "UTF8",
    "--no-sync",
  );
  start();
  return {
    url: `postgres://crisp:${PASSWORD}@127.0.0.1:${port}/postgres`,
    async restart(awayMs = 0) {
      run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", data);
      await new Promise((resolve) => setTimeout(resolve, awayMs));
      start();
    },
    stop() {
      run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", data);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
