// <image-view>: a preview at once, then the full pixels; zoom, pan, before/after slider, download.
import { Component, clamp, decoded, define, h, icon, iconButton, short } from "./element";
import * as icons from "./icons";
import styles from "./image-view.css";
import { Pinch, Viewport } from "./viewport";

const CRISP_FROM = 3; // device pixels per pixel of the image
const FADE = 300; // milliseconds; then a transparent image no longer shows its preview
const PAN_BY = 60;
const LARGE_SPLIT = 10;

type Dragged = { kind: "pan" | "split"; x: number; y: number } | null;

export class ImageView extends Component {
  static readonly observedAttributes = ["preview", "src", "before", "alt", "width", "height"];

  private fullSource: (() => Promise<string>) | null = null;
  private readonly view = new Viewport();
  private readonly previewImage = h("img", { alt: "" });
  private readonly fullImage = h("img", { alt: "" });
  private readonly beforeImage = h("img", { alt: "" });
  private readonly checker = h("div", { class: "checker" });
  private readonly afterLayer = h("div", { class: "layer" }, this.checker, this.previewImage, this.fullImage);
  private readonly beforeLayer = h("div", { class: "layer before", hidden: true }, this.beforeImage);
  private readonly handle = h(
    "div",
    {
      class: "handle", role: "slider", tabindex: 0, hidden: true,
      "aria-label": "Before and after", "aria-valuemin": 0, "aria-valuemax": 100,
    },
    h("span", {}, icon(icons.compare)),
  );
  private readonly tags = [
    h("span", { class: "tag first", hidden: true }, "Before"),
    h("span", { class: "tag last", hidden: true }, "After"),
  ];
  private readonly stage = h(
    "div",
    { class: "stage", role: "group", tabindex: 0, "aria-label": "Image. Plus and minus zoom, arrows pan." },
    this.afterLayer, this.beforeLayer, ...this.tags, this.handle,
  );
  private readonly state = h("div", { class: "state", role: "status" });
  private readonly percent = h(
    "button",
    { type: "button", class: "zoom numbers", title: "Switch between actual size and fit (0)", onclick: () => this.toggleZoom() },
    "100%",
  );
  private readonly pinch: Pinch;
  private readonly resized = new ResizeObserver(() => this.layOut());
  private split = 50;
  private dragged: Dragged = null;
  private loading: Promise<string> | null = null;
  private generation = 0;

  constructor() {
    super(styles);
    this.pinch = new Pinch(this.stage, this.view, () => this.draw());
    const actions = [
      iconButton("Zoom out", icons.minus, () => this.zoom(-1), "-"),
      this.percent,
      iconButton("Zoom in", icons.plus, () => this.zoom(1), "+"),
      iconButton("Fit", icons.fit, () => this.fit(), "0"),
      iconButton("Download", icons.download, () => void this.download()),
    ];
    this.root.append(h("figure", {}, this.stage, h("figcaption", {}, this.state, ...actions)));
    this.listen();
  }

  /** Supplies the URL of the full image when it is wanted; asked again after it failed. */
  get full(): (() => Promise<string>) | null {
    return this.fullSource;
  }

  set full(source: (() => Promise<string>) | null) {
    this.fullSource = source;
    this.loading = null;
    this.tell();
  }

  connectedCallback(): void {
    this.upgrade("full");
    this.resized.observe(this.stage);
  }

  disconnectedCallback(): void {
    this.resized.disconnect();
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (before === value) return;
    if (name === "preview") void this.showPreview(value);
    else if (name === "src") void this.showFull(value);
    else if (name === "before") void this.showBefore(value);
    else if (name === "alt") this.nameImages();
    else this.measure();
  }

  /** Load the full image from `full`, once; its URL. */
  loadFull(): Promise<string> {
    const source = this.fullSource;
    const shown = this.getAttribute("src");
    if (shown || !source) return Promise.resolve(shown ?? this.getAttribute("preview") ?? "");
    this.loading ??= this.wait(source());
    return this.loading;
  }

  private async wait(full: Promise<string>): Promise<string> {
    this.stage.classList.add("loading");
    this.tell("Loading the full image");
    try {
      const url = await full;
      this.setAttribute("src", url);
      return url;
    } catch (error) {
      this.loading = null;
      this.failed("The full image could not be loaded.");
      throw error;
    } finally {
      this.stage.classList.remove("loading");
    }
  }

  private async showPreview(url: string | null): Promise<void> {
    this.previewImage.classList.remove("shown");
    if (!url) return;
    try {
      const { naturalWidth, naturalHeight } = await decoded(url);
      if (this.getAttribute("preview") !== url) return;
      this.previewImage.src = url;
      this.previewImage.classList.add("shown");
      if (!this.fullImage.classList.contains("shown")) this.measure(naturalWidth, naturalHeight);
      this.tell();
    } catch {
      if (this.getAttribute("preview") === url && !this.getAttribute("src")) this.failed("The preview could not be loaded.");
    }
  }

  private async showFull(url: string | null): Promise<void> {
    const generation = ++this.generation;
    if (!url) {
      this.loading = null;
      this.previewImage.hidden = false;
      this.fullImage.classList.remove("shown");
      this.fullImage.removeAttribute("src");
      return this.nameImages();
    }
    this.stage.classList.add("loading");
    this.tell("Loading the full image");
    try {
      const { naturalWidth, naturalHeight } = await decoded(url);
      if (generation !== this.generation) return;
      this.fullImage.src = url;
      this.fullImage.classList.add("shown");
      this.measure(naturalWidth, naturalHeight);
      this.tell();
      window.setTimeout(() => (this.previewImage.hidden = generation === this.generation), FADE);
      this.emit("image-full", { width: naturalWidth, height: naturalHeight });
    } catch {
      if (generation === this.generation) this.failed("The full image could not be loaded.");
    } finally {
      if (generation === this.generation) this.stage.classList.remove("loading");
    }
  }

  private async showBefore(url: string | null): Promise<void> {
    for (const part of [this.beforeLayer, this.handle, ...this.tags]) part.hidden = !url;
    this.beforeImage.classList.toggle("shown", Boolean(url));
    if (url) this.beforeImage.src = url;
    this.setSplit(50);
    this.nameImages();
  }

  /** The image that people see has the name; the others are decoration. */
  private nameImages(): void {
    const name = this.getAttribute("alt") ?? "";
    const isFull = this.fullImage.classList.contains("shown");
    this.fullImage.alt = isFull ? name : "";
    this.previewImage.alt = isFull ? "" : name;
    this.beforeImage.alt = this.hasAttribute("before") ? "The image before the edit" : "";
  }

  /** Follow the pixels of the image: those of the attributes, or those that were decoded. */
  private measure(width = this.view.width, height = this.view.height): void {
    const declared = [this.getAttribute("width"), this.getAttribute("height")].map(Number);
    const [w = 0, t = 0] = declared[0] && declared[1] ? declared : [width, height];
    const exact = Boolean(declared[0] && declared[1]) || this.fullImage.classList.contains("shown");
    this.view.mostFit = exact ? Math.max(1, 320 / w) : Infinity;
    this.stage.style.aspectRatio = `${w} / ${t}`;
    for (const part of [this.previewImage, this.fullImage, this.beforeImage, this.checker]) {
      part.style.width = `${w}px`;
      part.style.height = `${t}px`;
    }
    this.view.image(w, t);
    this.nameImages();
    this.layOut();
  }

  private layOut(): void {
    this.view.box(this.stage.clientWidth, this.stage.clientHeight);
    this.draw();
  }

  private draw(): void {
    const { x, y, scale } = this.view;
    const isFull = this.fullImage.classList.contains("shown");
    const transform = `translate(${x}px, ${y}px) scale(${scale})`;
    for (const part of [this.previewImage, this.fullImage, this.beforeImage]) part.style.transform = transform;
    this.checker.style.transform = `translate(${x}px, ${y}px)`;
    this.checker.style.width = `${this.view.width * scale}px`;
    this.checker.style.height = `${this.view.height * scale}px`;
    this.stage.classList.toggle("zoomed", !this.view.isFitted);
    this.stage.classList.toggle("crisp", isFull && scale * devicePixelRatio >= CRISP_FROM);
    const percent = `${Math.round(scale * 100)}%`;
    this.percent.textContent = percent;
    this.percent.setAttribute("aria-label", `Zoom ${percent}. Switch between actual size and fit`);
  }

  /** Say in the caption what is shown, or what is being done. */
  private tell(doing = ""): void {
    const isFull = this.fullImage.classList.contains("shown");
    const pixels = `${this.view.width} × ${this.view.height}`;
    const isEmpty = !isFull && !this.previewImage.classList.contains("shown");
    this.state.className = "state numbers";
    this.state.textContent = doing || (isEmpty ? "" : isFull ? pixels : "Preview");
    if (!doing && !isFull && !isEmpty && this.fullSource)
      this.state.append(h("button", { type: "button", onclick: () => this.ask() }, "Load full size"));
  }

  private failed(message: string): void {
    this.state.className = "state failed";
    this.state.textContent = message;
    if (this.fullSource && !this.getAttribute("src"))
      this.state.append(h("button", { type: "button", onclick: () => this.ask() }, "Try again"));
    this.emit("image-error", { message });
  }

  private ask(): void {
    this.loadFull().catch(() => undefined);
  }

  private async download(): Promise<void> {
    const url = await this.loadFull().catch(() => "");
    if (!url) return;
    const filename = this.getAttribute("filename") ?? "image.png";
    if (!this.emit("image-download", { url, filename }, true)) return;
    h("a", { href: url, download: short(filename, 120) }).click();
  }

  private zoom(steps: number, x?: number, y?: number): void {
    this.view.zoomBy(steps, x, y);
    this.draw();
    if (steps > 0) this.ask();
  }

  private fit(): void {
    this.view.fit();
    this.draw();
  }

  private toggleZoom(x?: number, y?: number): void {
    if (!this.view.isFitted) return this.fit();
    this.view.zoomTo(this.view.fitScale < 0.95 ? 1 : this.view.fitScale * 2, x, y);
    this.draw();
    this.ask();
  }

  private setSplit(percent: number): void {
    this.split = clamp(percent, 0, 100);
    this.stage.style.setProperty("--split", `${this.split}%`);
    this.handle.setAttribute("aria-valuenow", String(Math.round(this.split)));
    this.handle.setAttribute("aria-valuetext", `${Math.round(this.split)} percent before`);
  }

  private listen(): void {
    this.stage.addEventListener("pointerdown", (event) => this.pointerDown(event));
    this.stage.addEventListener("pointermove", (event) => this.pointerMove(event));
    for (const type of ["pointerup", "pointercancel"]) this.stage.addEventListener(type, () => (this.dragged = null));
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("dblclick", (event) => {
      if (event.composedPath().includes(this.handle)) return;
      const { x, y } = this.pinch.at(event);
      this.toggleZoom(x, y);
    });
  }

  private pointerDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.pinch.down(event);
    const isSplit = event.composedPath().includes(this.handle);
    this.dragged = { kind: isSplit ? "split" : "pan", x: event.clientX, y: event.clientY };
    if (isSplit || !this.view.isFitted) this.stage.setPointerCapture(event.pointerId);
  }

  private pointerMove(event: PointerEvent): void {
    const dragged = this.dragged;
    if (this.pinch.moved(event)) return this.ask();
    if (!dragged || this.pinch.count > 1) return;
    if (dragged.kind === "split") {
      this.setSplit((this.pinch.at(event).x / this.stage.clientWidth) * 100);
    } else {
      this.view.pan(event.clientX - dragged.x, event.clientY - dragged.y);
      this.draw();
    }
    dragged.x = event.clientX;
    dragged.y = event.clientY;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const isSplit = event.composedPath().includes(this.handle);
    if (event.key === "+" || event.key === "=") this.zoom(1);
    else if (event.key === "-") this.zoom(-1);
    else if (event.key === "0") this.fit();
    else if (isSplit && event.key === "Home") this.setSplit(0);
    else if (isSplit && event.key === "End") this.setSplit(100);
    else if (isSplit && step) this.setSplit(this.split + ((step[0] ?? 0) - (step[1] ?? 0)) * (event.shiftKey ? LARGE_SPLIT : 2));
    else if (step && !this.view.isFitted) {
      this.view.pan(-(step[0] ?? 0) * PAN_BY, -(step[1] ?? 0) * PAN_BY);
      this.draw();
    } else return;
    event.preventDefault();
  }
}

define("image-view", ImageView);
