// <mask-painter>: marks what the model may change, and shows exactly the PNG that will be sent.
import { Component, clamp, decoded, define, h, iconButton } from "./element";
import * as icons from "./icons";
import { MaskBrush, type Tool } from "./mask-brush";
import { MaskCanvas } from "./mask-canvas";
import { MaskDrawing } from "./mask-drawing";
import styles from "./mask-painter.css";
import { Viewport } from "./viewport";

const SMALLEST = 2;
const SIZE_STEP = 1.2;
const KEYS_HELP =
  "Mask. Arrow keys move the brush, with Shift faster. Space lowers or lifts it, Enter makes a dot. " +
  "B brush, E eraser, M move, brackets change the size, plus and minus zoom, 0 fits.";

export class MaskPainter extends Component {
  static readonly observedAttributes = ["src", "width", "height"];

  private readonly mask = new MaskCanvas();
  private readonly view = new Viewport();
  private readonly drawing = new MaskDrawing(this.view, this.mask);
  private readonly ring = h("div", { class: "ring" });
  private readonly stage = h("div", { class: "stage", role: "application", tabindex: 0, "aria-label": KEYS_HELP }, this.drawing.canvas, this.ring);
  private readonly brush = new MaskBrush(this.stage, this.ring, this.mask, this.view, {
    changed: () => this.changed(),
    moved: () => this.moved(),
    redraw: () => this.redraw(),
    lowered: () => this.tell("The brush is down."),
  });
  private readonly tools: Record<Tool, HTMLButtonElement> = {
    brush: iconButton("Brush", icons.brush, () => this.choose("brush"), "B"),
    eraser: iconButton("Eraser", icons.eraser, () => this.choose("eraser"), "E"),
    move: iconButton("Move", icons.move, () => this.choose("move"), "M"),
  };
  private readonly undoButton = iconButton("Undo", icons.undo, () => this.undo(), "Ctrl+Z");
  private readonly redoButton = iconButton("Redo", icons.redo, () => this.redo(), "Ctrl+Shift+Z");
  private readonly clearButton = iconButton("Clear", icons.clear, () => this.clear());
  private readonly file = h("input", { type: "file", accept: "image/png,image/webp,image/jpeg", hidden: true, tabindex: -1, "aria-label": "Mask file" });
  private readonly sizeText = h("span", { class: "numbers" });
  private readonly sizeRange = h("input", { type: "range", min: 0, max: 100, step: "any", oninput: () => this.slide() });
  private readonly featherText = h("span", { class: "numbers" }, "0 px");
  private readonly featherRange = h("input", { type: "range", min: 0, max: 64, value: 0, oninput: () => this.soften() });
  private readonly state = h("div", { class: "state numbers", role: "status" });
  private readonly percent = h("button", { type: "button", class: "zoom numbers", title: "Switch between actual size and fit (0)", onclick: () => this.toggleZoom() });
  private readonly save = iconButton("Save the mask", icons.download, () => void this.saveFile());
  private readonly toggle = h("button", { type: "button", class: "outlined", "aria-pressed": "false", title: "Show exactly the file that will be sent", onclick: () => void this.togglePng() }, "Mask PNG");
  private readonly resized = new ResizeObserver(() => this.layOut());
  private image: HTMLImageElement | null = null;
  private png: { bitmap: ImageBitmap; blob: Blob } | null = null;
  private showsPng = false;
  private feather = 0;
  private frame = 0;
  private turn = 0;

  constructor() {
    super(styles);
    const slider = (name: string, text: Node, range: Node) => h("label", {}, h("span", {}, name, text), range);
    const bar = h(
      "div",
      { class: "bar" },
      h("div", { class: "group", role: "group", "aria-label": "Tool" }, ...Object.values(this.tools)),
      h("div", { class: "group", role: "group", "aria-label": "History" }, this.undoButton, this.redoButton),
      h(
        "div",
        { class: "group", role: "group", "aria-label": "Whole mask" },
        iconButton("Invert", icons.invert, () => this.invert()),
        this.clearButton,
        iconButton("Load a mask", icons.folder, () => this.file.click()),
        this.file,
      ),
      h("div", { class: "sliders" }, slider("Size", this.sizeText, this.sizeRange), slider("Feather", this.featherText, this.featherRange)),
    );
    const zoom = h(
      "div",
      { class: "group" },
      iconButton("Zoom out", icons.minus, () => this.zoom(-1), "-"),
      this.percent,
      iconButton("Zoom in", icons.plus, () => this.zoom(1), "+"),
      iconButton("Fit", icons.fit, () => this.fit(), "0"),
    );
    const foot = h("div", { class: "foot" }, this.state, zoom, h("div", { class: "group" }, this.save, this.toggle));
    this.root.append(h("div", { class: "frame" }, bar, this.stage, foot));
    this.save.hidden = true;
    this.listen();
    this.choose("brush");
    this.setSize(this.brush.size);
    this.changed(false);
  }

  /** May the model change nothing? Then there is no mask to send. */
  get empty(): boolean {
    return this.mask.coverage === 0;
  }

  /** The PNG that is sent: RGBA, transparent where the model may change the image. */
  toBlob(): Promise<Blob> {
    return this.mask.toBlob(this.feather);
  }

  /** Take the mask of a file as a step that can be undone; rejects what is not an image. */
  async load(source: Blob): Promise<void> {
    await this.mask.load(source);
    this.changed();
  }

  clear(): void {
    this.mask.clear();
    this.changed();
  }

  undo(): void {
    this.mask.undo();
    this.changed();
  }

  redo(): void {
    this.mask.redo();
    this.changed();
  }

  invert(): void {
    this.mask.invert();
    this.changed();
  }

  fit(): void {
    this.view.fit();
    this.moved();
  }

  connectedCallback(): void {
    this.resized.observe(this.stage);
  }

  disconnectedCallback(): void {
    this.resized.disconnect();
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (before === value) return;
    if (name === "src") void this.show(value);
    else this.measure();
  }

  private async show(url: string | null): Promise<void> {
    this.image = null;
    this.drawing.forget();
    this.mask.reset(this.mask.width, this.mask.height);
    this.changed();
    if (!url) return;
    try {
      const image = await decoded(url);
      if (this.getAttribute("src") !== url) return;
      this.image = image;
      this.measure();
    } catch {
      if (this.getAttribute("src") === url) this.tell("The image could not be loaded.", true);
    }
  }

  /** The mask has the pixels that the attributes say, or those of the image. */
  private measure(): void {
    const [w, t] = [Number(this.getAttribute("width")), Number(this.getAttribute("height"))];
    const width = w > 0 && t > 0 ? Math.floor(w) : (this.image?.naturalWidth ?? 0);
    const height = w > 0 && t > 0 ? Math.floor(t) : (this.image?.naturalHeight ?? 0);
    if (!width || !height) return;
    this.drawing.forget();
    if (this.mask.width !== width || this.mask.height !== height || this.brush.at.x === 0) {
      this.mask.reset(width, height);
      this.brush.at = { x: width / 2, y: height / 2 };
      this.setSize(Math.max(width, height) / 14);
      this.view.image(width, height);
      this.stage.style.aspectRatio = `${width} / ${height}`;
      this.changed();
    }
    this.layOut();
  }

  private layOut(): void {
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth) return;
    this.view.box(clientWidth, clientHeight);
    this.drawing.size(clientWidth, clientHeight);
    this.moved();
  }

  /** The viewport changed. */
  private moved(): void {
    const percent = `${Math.round(this.view.scale * 100)}%`;
    this.percent.textContent = percent;
    this.percent.setAttribute("aria-label", `Zoom ${percent}. Switch between actual size and fit`);
    this.brush.place();
    this.redraw();
  }

  /** The mask changed. */
  private changed(tells = true): void {
    this.undoButton.disabled = !this.mask.canUndo;
    this.redoButton.disabled = !this.mask.canRedo;
    this.clearButton.disabled = this.empty;
    this.tell();
    this.redraw();
    if (this.showsPng) void this.renderPng();
    if (tells) this.emit("mask-change", { empty: this.empty, coverage: this.mask.coverage });
  }

  private tell(text = "", isProblem = false): void {
    this.state.classList.toggle("failed", isProblem);
    const share = this.mask.coverage * 100;
    const amount = share > 0 && share < 1 ? share.toFixed(2) : share.toFixed(0);
    const sent = `PNG, ${this.mask.width} × ${this.mask.height}, ${kilobytes(this.png?.blob.size ?? 0)}`;
    const idle = this.empty ? "Brush over what may change." : `${amount}% of the image may change.`;
    const next = text || (this.showsPng && this.png ? sent : idle);
    if (this.state.textContent !== next) this.state.textContent = next;
  }

  private redraw(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.mask.width) return;
      if (this.showsPng && this.png) this.drawing.png(this.png.bitmap);
      else this.drawing.edit(this.image, this.feather);
    });
  }

  private async togglePng(): Promise<void> {
    this.showsPng = !this.showsPng;
    this.brush.isOff = this.showsPng;
    this.toggle.setAttribute("aria-pressed", String(this.showsPng));
    this.stage.classList.toggle("sent", this.showsPng);
    this.save.hidden = !this.showsPng;
    if (this.showsPng) await this.renderPng();
    this.choose(this.brush.tool);
    this.tell();
    this.redraw();
  }

  private async renderPng(): Promise<void> {
    const turn = ++this.turn;
    try {
      const blob = await this.toBlob();
      const bitmap = await createImageBitmap(blob);
      if (turn !== this.turn) return;
      this.png = { blob, bitmap };
      this.tell();
      this.redraw();
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error), true);
    }
  }

  private async saveFile(): Promise<void> {
    const blob = await this.toBlob();
    if (!this.emit("mask-save", { blob }, true)) return;
    const reader = new FileReader();
    reader.onload = () => h("a", { href: String(reader.result), download: "mask.png" }).click();
    reader.readAsDataURL(blob);
  }

  private choose(tool: Tool): void {
    this.brush.tool = tool;
    for (const [name, button] of Object.entries(this.tools)) button.setAttribute("aria-pressed", String(name === tool));
    this.stage.classList.toggle("moves", tool === "move");
    this.ring.classList.toggle("erases", tool === "eraser");
    this.brush.show(false);
  }

  private get largest(): number {
    return Math.max(this.mask.width, this.mask.height, 64) / 2;
  }

  private setSize(size: number, showsRing = false): void {
    this.brush.size = clamp(Math.round(size), SMALLEST, this.largest);
    const share = Math.log(this.brush.size / SMALLEST) / Math.log(this.largest / SMALLEST);
    this.sizeRange.value = String(share * 100);
    this.sizeText.textContent = `${this.brush.size} px`;
    this.sizeRange.setAttribute("aria-valuetext", `${this.brush.size} pixels`);
    this.brush.place();
    if (showsRing) this.brush.show(true);
  }

  private slide(): void {
    this.setSize(SMALLEST * (this.largest / SMALLEST) ** (Number(this.sizeRange.value) / 100), true);
  }

  private soften(): void {
    this.feather = Number(this.featherRange.value);
    this.featherText.textContent = `${this.feather} px`;
    this.featherRange.setAttribute("aria-valuetext", `${this.feather} pixels`);
    this.changed();
  }

  private zoom(steps: number): void {
    this.view.zoomBy(steps);
    this.moved();
  }

  private toggleZoom(): void {
    if (this.view.isFitted) this.view.zoomTo(this.view.fitScale < 0.95 ? 1 : this.view.fitScale * 2);
    else this.view.fit();
    this.moved();
  }

  private listen(): void {
    this.root.addEventListener("keydown", (event) => this.shortcut(event as KeyboardEvent));
    this.file.addEventListener("change", () => {
      const [chosen] = this.file.files ?? [];
      this.file.value = "";
      if (chosen) this.load(chosen).catch(() => this.tell("This file is not an image that the browser can read.", true));
    });
  }

  private shortcut(event: KeyboardEvent): void {
    const key = event.key.toLowerCase();
    if (event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (key === "y" || (key === "z" && event.shiftKey)) this.redo();
      else if (key === "z") this.undo();
      else return;
    } else if (key === "b") this.choose("brush");
    else if (key === "e") this.choose("eraser");
    else if (key === "m") this.choose("move");
    else if (key === "[") this.setSize(Math.min(this.brush.size / SIZE_STEP, this.brush.size - 1), true);
    else if (key === "]") this.setSize(Math.max(this.brush.size * SIZE_STEP, this.brush.size + 1), true);
    else if (key === "+" || key === "=") this.zoom(1);
    else if (key === "-") this.zoom(-1);
    else if (key === "0") this.fit();
    else return;
    event.preventDefault();
  }
}

function kilobytes(bytes: number): string {
  return bytes < 10_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${Math.round(bytes / 1000)} kB`;
}

define("mask-painter", MaskPainter);
