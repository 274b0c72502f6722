// The one script of the pages: what is new on the server takes its place in the page. Without it they only stand still.

const lost = document.querySelector("#lost")!;
/** Content that waits for the next frame, by the id of its element: a burst of events is drawn once. */
const waiting = new Map<string, string>();

function show(id: string, markup: string): void {
  if (waiting.size === 0) requestAnimationFrame(draw);
  waiting.set(id, markup);
}

function draw(): void {
  for (const [id, markup] of waiting) {
    const place = document.getElementById(id);
    const fresh = new DOMParser().parseFromString(markup, "text/html").body;
    // whoever is at work inside must not lose the place
    if (!place || isInUse(place) || place.innerHTML === fresh.innerHTML) continue;
    place.replaceChildren(...fresh.childNodes);
  }
  waiting.clear();
}

const isInUse = (place: Element): boolean =>
  place.contains(document.activeElement) || place.querySelector("input:checked") !== null;

/** Events of the server; a browser connects again by itself. */
function follow(address: string): void {
  const source = new EventSource(address);
  source.addEventListener("parts", ({ data }) => {
    lost.textContent = "";
    for (const [id, markup] of Object.entries(JSON.parse(data))) show(id, String(markup));
  });
  // then there is more to see: a model, its figures, its mistakes
  source.addEventListener("end", () => {
    source.close();
    location.reload();
  });
  source.addEventListener("error", () => {
    lost.textContent = "crisp ui does not answer: this page shows how things stood.";
  });
  addEventListener("pagehide", () => source.close());
}

async function fetchAgain(): Promise<void> {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href);
    const markup = await answer.text();
    // this page is an error that has passed, or what it shows has ended and there is more to see
    if (answer.ok && (document.getElementById("failed") || !goesOn(markup))) return location.reload();
    if (answer.ok) showFresh(markup);
    lost.textContent = answer.ok || document.getElementById("failed") ? "" : (errorIn(markup) ?? "");
  } catch {
    lost.textContent = "crisp ui does not answer: this page shows how things stood.";
  }
}

function showFresh(markup: string): void {
  const fresh = new DOMParser().parseFromString(markup, "text/html");
  for (const place of fresh.querySelectorAll("[data-fresh]")) show(place.id, place.innerHTML);
}

/** Whether a page asks to be fetched again. */
const goesOn = (markup: string): boolean => new DOMParser().parseFromString(markup, "text/html").body.dataset.again !== undefined;

/** The words of a page that is an error. */
const errorIn = (markup: string): string | null | undefined =>
  new DOMParser().parseFromString(markup, "text/html").querySelector(".error")?.textContent;

/** A decision is kept as soon as it is made, one after the other, so that the last one counts. */
let kept: Promise<unknown> = Promise.resolve();
function keep(form: HTMLFormElement, { name, value }: HTMLSelectElement): void {
  const body = new URLSearchParams({ path: new FormData(form).get("path") as string, [name]: value });
  kept = kept.then(async () => {
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      const markup = await answer.text();
      if (answer.ok) showFresh(markup);
      lost.textContent = answer.ok ? "" : `This decision was not kept: ${errorIn(markup) ?? answer.status}`;
    } catch {
      lost.textContent = "crisp ui does not answer: this decision was not kept.";
    }
  });
}

/** One key for each decision, in the field of a row; then the next row. */
function decideByKey(event: KeyboardEvent, field: HTMLSelectElement): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const values: Record<string, string | undefined> = { a: field.dataset.accept || undefined, r: "right", x: "out", u: "" };
  const fields = [...document.querySelectorAll<HTMLSelectElement>("[data-decide] select")];
  const steps: Record<string, number> = { j: 1, k: -1 };
  const value = values[event.key];
  if (value === undefined && !(event.key in steps)) return;
  event.preventDefault();
  if (value !== undefined && field.value !== value) {
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  fields[fields.indexOf(field) + (steps[event.key] ?? 1)]?.focus();
}

/** A link or a choice that changes one part of the page: the rest, and the focus, stay where they are. */
async function swap(address: string): Promise<void> {
  const answer = await fetch(address);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const place = document.querySelector("#swapped")!;
  const focused = document.activeElement?.getAttribute("data-key");
  const content = fresh.querySelector("#swapped");
  if (!content) return void location.assign(address);
  place.replaceChildren(...content.childNodes);
  history.replaceState(null, "", address);
  if (focused) place.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

const { events, again } = document.body.dataset;
if (events !== undefined) follow(events);
if (again !== undefined) setInterval(fetchAgain, 1000 * Number(again));

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest("a");
  if (!link?.closest("#swapped") || link.dataset.key === undefined || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  void swap(link.href);
});

document.addEventListener("change", ({ target }) => {
  const form = (target as Element).closest<HTMLFormElement>("[data-decide]");
  if (form) keep(form, target as HTMLSelectElement);
});
document.addEventListener("keydown", (event) => {
  const field = (event.target as Element).closest<HTMLSelectElement>("[data-decide] select");
  if (field) decideByKey(event, field);
});

// sent once: a second press would be a second request
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.method !== "post") return;
  if (form.dataset.sent !== undefined) event.preventDefault();
  form.dataset.sent = "";
});
// a page that comes back from the browser's memory can be sent again
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});
