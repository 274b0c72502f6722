import { html } from "../../../report/index.ts";
import { page } from "./layout.ts";

/**
 * What went wrong, in the words of the command line.
 *
 * @param passes - It may be cured by itself: the page asks again, and shows what was asked for once it is there.
 */
export const errorPage = (message: string, passes = false): string =>
  page({
    title: "Error",
    body: html`<h1>That did not work</h1><p class="error"${passes && html` id="failed"`}>${message}</p><p><a href="/">All runs</a></p>`,
    ...(passes && { again: 2 }),
  });
