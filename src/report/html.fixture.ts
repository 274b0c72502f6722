/** For those who try what comes through. */
export { html } from "./html.ts";
