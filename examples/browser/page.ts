/** The element with an id that index.html has. */
export function byId<Kind extends Element>(id: string, kind: abstract new (...args: never[]) => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} #${id}`);
}

/** `1 min 20 s` */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Name and value in a description list; known names get the new value. */
export function setFact(list: HTMLElement, name: string, value: string): void {
  let term = [...list.querySelectorAll("dt")].find(({ textContent }) => textContent === name);
  if (!term) {
    term = document.createElement("dt");
    term.textContent = name;
    list.append(term, document.createElement("dd"));
  }
  term.nextElementSibling!.textContent = value;
}
