/** Whether nobody else can read what is sent: TLS, or this machine itself. The URL has made `127.1` and `0x7f000001` the same. */
export function keepsSecrets(endpoint: string): boolean {
  const url = URL.parse(endpoint);
  // what is no address is told by the request itself
  return url?.protocol !== "http:" || /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

/** `CRISP_TOKEN_OVER_HTTP`: send secrets over plain http to another machine, where everybody on the way can read them. */
export const meansSecretsInClear = (env: Readonly<Record<string, string | undefined>>): boolean =>
  /^(1|on|yes|true)$/i.test(env.CRISP_TOKEN_OVER_HTTP ?? "");
