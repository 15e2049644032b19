// <live-partials>: the prompt, what the job does now, and its partial images as they come.
import { Component, clamp, decoded, define, h, icon, short } from "./element";
import * as icons from "./icons";
import styles from "./live-partials.css";

const MOST_TILES = 10;

export class LivePartials extends Component {
  static readonly observedAttributes = ["prompt", "count", "width", "height"];

  private readonly words = h("span", { class: "text", dir: "auto" });
  private readonly more = h(
    "button",
    { type: "button", "aria-expanded": "false", hidden: true, onclick: () => this.toggleWhole() },
    "Show the whole prompt",
  );
  private readonly prompt = h("p", { class: "prompt", hidden: true }, this.words, this.more);
  private readonly tiles = h("div", { class: "tiles" });
  private readonly bar = h("div", { class: "bar open", role: "progressbar", "aria-label": "Progress" });
  private readonly said = h("span", { class: "text", dir: "auto", role: "status" }, "Starting");
  private readonly elapsed = h("span", { class: "soft numbers" });
  private readonly foot = h("div", { class: "foot" }, this.said, this.elapsed);
  private readonly problem = h("div", { class: "problem", role: "alert", hidden: true });
  private readonly resized = new ResizeObserver(() => this.measure());
  private readonly latest = new Map<number, string>();
  private started = Date.now();
  private clock = 0;
  private isOver = false;

  constructor() {
    super(styles);
    const card = h("div", { class: "card" }, this.prompt, this.tiles, this.bar, this.foot, this.problem);
    this.root.append(card);
    this.lay();
  }

  connectedCallback(): void {
    this.resized.observe(this.words);
    if (this.isOver) return;
    this.setAttribute("aria-busy", "true");
    this.started = Date.now();
    this.clock = window.setInterval(() => this.tick(), 1000);
    this.tick();
  }

  disconnectedCallback(): void {
    this.resized.disconnect();
    window.clearInterval(this.clock);
  }

  attributeChangedCallback(name: string): void {
    if (name === "count") return this.lay();
    if (name !== "prompt") return this.shape();
    const text = this.getAttribute("prompt") ?? "";
    this.words.textContent = text;
    this.prompt.hidden = !text;
    this.measure();
  }

  /** Show this URL as the newest partial image of image `index` (from 0), as soon as it is decoded. */
  show(index: number, url: string): void {
    this.latest.set(index, url);
    void decoded(url).then(
      (image) => {
        if (this.latest.get(index) === url) this.place(index, image);
      },
      () => undefined, // the next partial image, or the image itself, takes its place
    );
  }

  /** Say what the job does; `fraction` from 0 to 1 if it is known. */
  progress(text: string, fraction?: number): void {
    if (this.said.textContent !== text) this.said.textContent = text;
    const isKnown = fraction !== undefined && Number.isFinite(fraction);
    this.bar.classList.toggle("open", !isKnown);
    if (!isKnown) return this.bar.removeAttribute("aria-valuenow");
    const percent = Math.round(clamp(fraction, 0, 1) * 100);
    this.bar.style.setProperty("--fraction", `${percent}%`);
    this.bar.setAttribute("aria-valuenow", String(percent));
  }

  /** Show an error and what to do about it; what was shown before stays, grayed. */
  fail(message: string, hint = ""): void {
    this.end();
    this.tiles.classList.add("failed");
    if (!this.latest.size) this.tiles.hidden = true;
    this.foot.hidden = true;
    const lines = [h("p", { class: "text message", dir: "auto" }, message)];
    if (hint) lines.push(h("p", { class: "text", dir: "auto" }, hint));
    this.problem.replaceChildren(icon(icons.alert), h("div", {}, ...lines));
    this.problem.hidden = false;
  }

  /** The job is done: the images stay, the progress goes. */
  finish(): void {
    this.end();
    this.said.textContent = "Done";
  }

  private end(): void {
    this.isOver = true;
    window.clearInterval(this.clock);
    this.tick();
    this.bar.hidden = true;
    this.removeAttribute("aria-busy");
    for (const tile of this.tiles.children) tile.classList.remove("waiting");
  }

  private lay(): void {
    const count = clamp(Math.floor(Number(this.getAttribute("count")) || 1), 1, MOST_TILES);
    while (this.tiles.children.length > count) this.tiles.lastElementChild?.remove();
    while (this.tiles.children.length < count) this.tiles.append(h("div", { class: "tile waiting" }));
    this.tiles.dataset["count"] = count > 2 ? "many" : String(count);
  }

  private place(index: number, image: HTMLImageElement): void {
    const tile = this.tiles.children[index];
    if (!tile) return;
    const prompt = short(this.getAttribute("prompt") ?? "");
    image.alt = `Partial image ${index + 1} of ${this.tiles.children.length}${prompt && `: ${prompt}`}`;
    this.shape(image.naturalWidth, image.naturalHeight);
    tile.classList.remove("waiting");
    const [before] = tile.children;
    tile.append(image);
    window.setTimeout(() => before?.remove(), 700);
  }

  /** The tiles have the shape of the image: that of the attributes, or of the first partial image. */
  private shape(width = 1, height = 1): void {
    const declared = [Number(this.getAttribute("width")), Number(this.getAttribute("height"))];
    const [w, t] = declared[0] && declared[1] ? declared : [width, height];
    this.tiles.style.setProperty("--ratio", `${w} / ${t}`);
  }

  private tick(): void {
    const seconds = Math.floor((Date.now() - this.started) / 1000);
    const rest = String(seconds % 60).padStart(2, "0");
    this.elapsed.textContent = `${Math.floor(seconds / 60)}:${rest}`;
  }

  private measure(): void {
    const isCut = this.words.scrollHeight > this.words.clientHeight + 1;
    if (!this.prompt.classList.contains("whole")) this.more.hidden = !isCut;
  }

  private toggleWhole(): void {
    const isWhole = this.prompt.classList.toggle("whole");
    this.more.textContent = isWhole ? "Show less" : "Show the whole prompt";
    this.more.setAttribute("aria-expanded", String(isWhole));
    if (isWhole) this.words.tabIndex = 0; // it may scroll
    else this.words.removeAttribute("tabindex");
  }
}

define("live-partials", LivePartials);
