import { expectedGot } from "../../errors/index.ts";

/** Names that the `datasets` library used before repositories had owners; those with a second part take it as the subset. */
const KNOWN: Readonly<Record<string, string>> = {
  ag_news: "fancyzhx/ag_news",
  emotion: "dair-ai/emotion",
  glue: "nyu-mll/glue",
  imdb: "stanfordnlp/imdb",
  multi_nli: "nyu-mll/multi_nli",
  rotten_tomatoes: "cornell-movie-review-data/rotten_tomatoes",
  snli: "stanfordnlp/snli",
  sst2: "stanfordnlp/sst2",
  super_glue: "aps/super_glue",
  tweet_eval: "cardiffnlp/tweet_eval",
};

/**
 * Repository and subset of a name.
 *
 * @throws `hub/bad-name`
 * @example
 * parseDatasetName("glue/mrpc"); // { id: "nyu-mll/glue", config: "mrpc" }
 * parseDatasetName("someone/reviews/en"); // { id: "someone/reviews", config: "en" }
 */
export function parseDatasetName(name: string, config?: string): { readonly id: string; readonly config?: string } {
  const [first, second, third, ...rest] = name.split("/");
  const known = Object.hasOwn(KNOWN, first) ? KNOWN[first] : undefined;
  const [id, inName, more] =
    known !== undefined ? [known, second, third] : [second === undefined ? first : `${first}/${second}`, third, undefined];
  const both = inName !== undefined && config !== undefined && inName !== config;
  if (more !== undefined || rest.length > 0 || both) {
    const hint = "For example glue/mrpc, or owner/name.";
    throw expectedGot(
      "hub/bad-name",
      "hub",
      "a data set as owner/name or owner/name/config",
      both ? `${name} and ${config}` : name,
      hint,
    );
  }
  return { id, config: config ?? inName };
}
