// What all elements share: a shadow root with adopted style sheets, and nodes built without markup.
import controls from "./controls.css";

const sheets = new Map<string, CSSStyleSheet>();

/** A constructable sheet for this text; the same text gives the same sheet. */
function sheet(text: string): CSSStyleSheet {
  let found = sheets.get(text);
  if (!found) {
    found = new CSSStyleSheet();
    found.replaceSync(text);
    sheets.set(text, found);
  }
  return found;
}

/** A custom element with an open shadow root that has the shared controls' style and its own. */
export abstract class Component extends HTMLElement {
  protected readonly root: ShadowRoot;

  constructor(...styles: string[]) {
    super();
    this.root = this.attachShadow({ mode: "open" });
    this.root.adoptedStyleSheets = [controls, ...styles].map(sheet);
  }

  /** Apply properties that were set before the script that defines the element had run. */
  protected upgrade(...names: string[]): void {
    for (const name of names) {
      const value: unknown = Object.getOwnPropertyDescriptor(this, name)?.value;
      if (value === undefined) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
  }

  /** Dispatch an event that crosses shadow roots; false if a listener prevented its default. */
  protected emit(type: string, detail: unknown = null, cancelable = false): boolean {
    return this.dispatchEvent(
      new CustomEvent(type, { detail, cancelable, bubbles: true, composed: true }),
    );
  }
}

export type Props = Record<string, string | number | boolean | EventListener | null | undefined>;
export type Child = Node | string | null;

/**
 * An HTML element. Text stays text. A prop with a function is a listener (`onclick`), true and false
 * set and leave out an attribute, and `class` and everything else is an attribute.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** A decorative icon of 24 units drawn with these path commands. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  return svg;
}

/** A button that shows an icon only; its name is also its tooltip. `keys` is the shortcut to show. */
export function iconButton(name: string, path: string, onclick: () => void, keys = ""): HTMLButtonElement {
  const title = keys ? `${name} (${keys})` : name;
  return h("button", { type: "button", class: "icon", "aria-label": name, title, onclick }, icon(path));
}

/** At most `limit` characters of a text in one line, for names and tooltips. */
export function short(text: string, limit = 160): string {
  const line = text.slice(0, limit * 8).replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
  const points = Array.from(line);
  return points.length > limit ? `${points.slice(0, limit - 1).join("")}…` : line;
}

/** The image of a URL, decoded; rejects if it cannot be loaded. */
export async function decoded(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(least, most));
}

/** Register an element unless its name is taken, as by a second copy of the script. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
