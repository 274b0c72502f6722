import { html } from "../../../report/index.ts";
import { page } from "./layout.ts";

/** What went wrong, in the words of the command line. */
export const errorPage = (message: string): string =>
  page({ title: "Error", body: html`<h1>That did not work</h1><p class="error">${message}</p><p><a href="/">All runs</a></p>` });
