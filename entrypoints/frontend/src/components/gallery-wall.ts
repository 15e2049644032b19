// <gallery-wall>: an endless wall of images, of which at most sixty are in the document.
import { Component, clamp, define, h, iconButton, short } from "./element";
import styles from "./gallery-wall.css";
import * as icons from "./icons";
import { aspect, CAPTION, GAP, justifiedRows, type Row, rowsNear } from "./justified-rows";

export interface WallItem {
  id: string;
  thumb: string;
  width: number;
  height: number;
  prompt: string;
  model: string;
  /** US dollars, or a text that is shown as it is; null if unknown. */
  cost: number | string | null;
  /** As in a result: `provider`, `joined`, `archive`, or the cache tier that had the image. */
  servedFrom: string;
  /** ISO 8601. */
  createdAt: string;
}

export type WallSource = (cursor: string | null) => Promise<{ items: WallItem[]; next: string | null }>;

const MOST_IN_DOM = 60;
const date = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });

export class GalleryWall extends Component {
  private origin: WallSource | null = null;
  private items: WallItem[] = [];
  private rows: Row[] = [];
  private cursor: string | null = null;
  private hasMore = false;
  private generation = 0;
  private isLoading = false;
  private isJumping = false;
  private active = 0;
  private frame = 0;
  private width = 0;
  private readonly nodes = new Map<string, HTMLElement>();
  private readonly removed = new Map<string, { item: WallItem; index: number }>();
  private readonly list = h("div", { class: "list", role: "list", "aria-label": "Images" });
  private readonly waiting = h("div", { class: "waiting", hidden: true }, ...Array.from({ length: 8 }, () => h("i")));
  private readonly note = h("div", { class: "note", role: "status", hidden: true });
  private readonly schedule = () => {
    this.frame ||= requestAnimationFrame(() => this.render());
  };
  private readonly resized = new ResizeObserver(() => this.layOut());

  constructor() {
    super(styles);
    this.root.append(this.list, this.waiting, this.note);
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("focusin", (event) => this.follow(event));
    this.list.addEventListener("transitionend", () => this.list.classList.remove("moving"));
  }

  /** Where images come from, page by page, the newest first; setting it loads the first page. */
  get source(): WallSource | null {
    return this.origin;
  }

  set source(source: WallSource | null) {
    this.origin = source;
    this.items = [];
    this.removed.clear();
    this.layOut();
    this.refresh();
  }

  connectedCallback(): void {
    this.upgrade("source");
    window.addEventListener("scroll", this.schedule, { capture: true, passive: true });
    window.addEventListener("resize", this.schedule, { passive: true });
    this.resized.observe(this);
  }

  disconnectedCallback(): void {
    window.removeEventListener("scroll", this.schedule, { capture: true });
    window.removeEventListener("resize", this.schedule);
    this.resized.disconnect();
  }

  /** Load the first page again; what is shown stays until it has come. */
  refresh(): void {
    this.generation += 1;
    this.isLoading = false;
    this.hasMore = true;
    this.cursor = null;
    void this.load(true);
  }

  /** Take the image off the wall; `restore` puts it back. Without an id, take the wall off the page. */
  override remove(id?: string): void {
    if (id === undefined) return super.remove();
    const index = this.items.findIndex((item) => item.id === id);
    const [item] = index < 0 ? [] : this.items.splice(index, 1);
    if (!item) return;
    const hadFocus = this.nodes.get(id)?.contains(this.root.activeElement) ?? false;
    this.removed.set(id, { item, index });
    this.rearrange();
    if (hadFocus) this.focusItem(Math.min(index, this.items.length - 1));
  }

  /** Put an image back where it was before `remove`. */
  restore(id: string): void {
    const known = this.removed.get(id);
    if (!known) return;
    this.removed.delete(id);
    this.items.splice(Math.min(known.index, this.items.length), 0, known.item);
    this.rearrange();
  }

  private async load(isFirst = false): Promise<void> {
    const { generation, origin } = this;
    if (!origin || this.isLoading || !this.hasMore) return;
    this.isLoading = true;
    this.list.setAttribute("aria-busy", "true");
    this.waiting.hidden = this.items.length > 0;
    this.note.hidden = true;
    try {
      const page = await origin(this.cursor);
      if (generation !== this.generation) return;
      this.take(page.items, isFirst);
      this.cursor = page.next;
      this.hasMore = page.next !== null;
      this.isLoading = false;
      this.layOut();
    } catch {
      if (generation === this.generation) this.failed();
    } finally {
      if (generation === this.generation) {
        this.isLoading = false;
        this.waiting.hidden = true;
        this.list.removeAttribute("aria-busy");
      }
    }
  }

  private take(items: WallItem[], isFirst: boolean): void {
    if (isFirst) this.removed.clear();
    const kept = isFirst ? [] : this.items;
    const known = new Set(kept.map((item) => item.id));
    const fresh = items.filter((item) => !known.has(item.id) && !this.removed.has(item.id));
    this.items = [...kept, ...new Map(fresh.map((item) => [item.id, item])).values()];
  }

  private failed(): void {
    const again = h("button", { type: "button", class: "outlined", onclick: () => void this.load(!this.items.length) }, "Try again");
    this.note.className = "note";
    this.note.replaceChildren("The images could not be loaded.", again);
    this.note.hidden = false;
  }

  private rearrange(): void {
    this.list.classList.add("moving");
    this.layOut();
  }

  private layOut(): void {
    this.width = this.clientWidth || this.width;
    if (!this.width) return;
    const screens = Math.sqrt((this.width * this.seen().height) / 30);
    const target = clamp(Math.max(this.width / 5.5, screens), 180, 420);
    this.rows = justifiedRows(this.items, this.width, target);
    const last = this.rows.at(-1);
    this.list.style.height = `${last ? last.top + last.height + CAPTION : 0}px`;
    this.active = clamp(this.active, 0, this.items.length - 1);
    this.render();
    if (this.items.length || this.isLoading || this.hasMore) return;
    this.note.className = "note empty";
    this.note.replaceChildren(h("slot", { name: "empty" }, "No images yet."));
    this.note.hidden = false;
  }

  /** The visible part, in pixels from the top of the list. A frame that grows with us is no screen. */
  private seen(): { top: number; height: number } {
    const height = Math.min(window.innerHeight, window.screen.height || 1200);
    return { top: -this.list.getBoundingClientRect().top, height };
  }

  private render(): void {
    this.frame = 0;
    const { top, height } = this.seen();
    const kept = this.kept();
    const most = MOST_IN_DOM - (kept ? kept.end - kept.start : 0);
    const rows = rowsNear(this.rows, top, top + height, height, most);
    if (kept && !rows.includes(kept)) rows.push(kept);
    rows.sort((a, b) => a.top - b.top);
    this.put(rows.flatMap((row) => this.place(row)));
    if (top + height * 2.5 > this.list.offsetHeight && this.note.hidden) void this.load();
  }

  /** The row of the item with the focus stays in the document, even far away. */
  private kept(): Row | undefined {
    const { activeElement } = this.root;
    if (!this.isJumping && !(activeElement && this.list.contains(activeElement))) return undefined;
    return this.rows.find((row) => row.start <= this.active && this.active < row.end);
  }

  /** Have exactly these nodes in the list, in this order; those that stay do not move, so the focus stays, too. */
  private put(nodes: HTMLElement[]): void {
    const shown = new Set<Element>(nodes);
    for (const [id, node] of this.nodes) {
      if (shown.has(node)) continue;
      node.remove();
      this.nodes.delete(id);
    }
    let next = this.list.firstElementChild;
    for (const node of nodes) {
      if (next === node) next = node.nextElementSibling;
      else this.list.insertBefore(node, next);
    }
  }

  private place(row: Row): HTMLElement[] {
    let left = 0;
    return this.items.slice(row.start, row.end).map((item, at) => {
      const index = row.start + at;
      const width = Math.min(aspect(item) * row.height, this.width);
      const node = this.nodes.get(item.id) ?? this.create(item);
      this.nodes.set(item.id, node);
      node.style.width = `${width}px`;
      node.style.transform = `translate(${left}px, ${row.top}px)`;
      (node.firstElementChild?.firstElementChild as HTMLElement).style.height = `${row.height}px`;
      node.ariaPosInSet = String(index + 1);
      node.ariaSetSize = this.hasMore ? "-1" : String(this.items.length);
      for (const button of node.children) (button as HTMLElement).tabIndex = index === this.active ? 0 : -1;
      left += width + GAP;
      return node;
    });
  }

  private create(item: WallItem): HTMLElement {
    const image = h("img", { alt: "", decoding: "async", draggable: "false" });
    image.onload = () => image.classList.add("shown");
    image.src = item.thumb;
    const prompt = short(item.prompt, 240) || "No prompt";
    const open = h(
      "button",
      { type: "button", class: "open", onclick: () => this.emit("wall-open", { id: item.id }) },
      h("span", { class: "image" }, image),
      h(
        "span",
        { class: "caption" },
        h("span", { class: "words", dir: "auto" }, prompt),
        h("span", { class: "facts numbers" }, facts(item)),
      ),
    );
    const remove = iconButton("Delete", icons.trash, () => this.emit("wall-delete", { id: item.id }), "Delete");
    remove.setAttribute("aria-label", `Delete ${short(item.prompt, 60)}`);
    remove.classList.add("delete");
    return h("div", { class: "item", role: "listitem", "data-id": item.id }, open, remove);
  }

  private follow(event: FocusEvent): void {
    const id = (event.target as HTMLElement).closest<HTMLElement>(".item")?.dataset["id"];
    const index = this.items.findIndex((item) => item.id === id);
    if (index < 0 || index === this.active) return;
    this.active = index;
    this.schedule();
  }

  private focusItem(index: number): void {
    if (index < 0) return;
    this.active = index;
    this.isJumping = true;
    this.render();
    this.isJumping = false;
    const node = this.nodes.get(this.items[index]?.id ?? "");
    (node?.firstElementChild as HTMLElement | null)?.focus({ preventScroll: true });
    node?.scrollIntoView({ block: "nearest" });
  }

  private key(event: KeyboardEvent): void {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -this.active, End: this.items.length - 1 - this.active }[event.key];
    const item = this.items[this.active];
    if (move !== undefined) this.focusItem(clamp(this.active + move, 0, this.items.length - 1));
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.focusItem(this.across(event.key === "ArrowUp" ? -1 : 1));
    else if (event.key === "Delete" && item) this.emit("wall-delete", { id: item.id });
    else return;
    event.preventDefault();
  }

  /** The item of the next row whose middle is nearest to that of the active item. */
  private across(direction: 1 | -1): number {
    const at = this.rows.findIndex((row) => this.active < row.end);
    const [from, to] = [this.rows[at], this.rows[at + direction]];
    if (!from || !to) return this.active;
    const middles = (row: Row) => {
      let left = 0;
      return this.items.slice(row.start, row.end).map((item) => {
        const width = aspect(item) * row.height;
        left += width + GAP;
        return left - GAP - width / 2;
      });
    };
    const middle = middles(from)[this.active - from.start] ?? 0;
    const far = middles(to).map((each) => Math.abs(each - middle));
    return to.start + far.indexOf(Math.min(...far));
  }
}

/** Model, cost, origin and time in one line. */
function facts({ model, cost, servedFrom, createdAt }: WallItem): string {
  const time = new Date(createdAt);
  const dollars = typeof cost === "number" ? `$${cost.toFixed(cost && cost < 0.01 ? 4 : 2)}` : cost;
  const origin = { "": "", provider: "", joined: "", archive: "repeated" }[servedFrom] ?? "cached";
  const when = Number.isNaN(time.getTime()) ? "" : date.format(time);
  return [dollars, origin, model, when].filter(Boolean).map((part) => short(String(part), 60)).join(" · ");
}

define("gallery-wall", GalleryWall);
