// The brush of the mask painter, by mouse, pen, finger and keys; and how they move the viewport.
import { clamp } from "./element";
import type { MaskCanvas } from "./mask-canvas";
import { Pinch, type Viewport } from "./viewport";

export type Tool = "brush" | "eraser" | "move";
type Hold = { kind: "pan" | "line"; x: number; y: number; erases: boolean } | null;

const ERASER_END = 32; // of a pen, in PointerEvent.buttons

interface Told {
  /** The mask has a new step. */
  changed(): void;
  /** The viewport moved. */
  moved(): void;
  /** Something was drawn that is no step yet. */
  redraw(): void;
  /** The brush of the keyboard is down. */
  lowered(): void;
}

export class MaskBrush {
  tool: Tool = "brush";
  /** Diameter in pixels of the image. */
  size = 48;
  /** The middle, in pixels of the image. */
  at = { x: 0, y: 0 };
  /** Nothing can be drawn now; pointers pan. */
  isOff = false;
  private hold: Hold = null;
  private isDown = false; // by the keyboard
  private readonly pinch: Pinch;

  constructor(
    private readonly stage: HTMLElement,
    private readonly ring: HTMLElement,
    private readonly mask: MaskCanvas,
    private readonly view: Viewport,
    private readonly told: Told,
  ) {
    this.pinch = new Pinch(stage, view, told.moved);
    stage.addEventListener("pointerdown", (event) => this.pointerDown(event));
    stage.addEventListener("pointermove", (event) => this.pointerMove(event));
    stage.addEventListener("pointerup", () => this.release());
    stage.addEventListener("pointercancel", () => this.abandon());
    stage.addEventListener("pointerleave", () => this.hold || this.show(false));
    stage.addEventListener("focus", () => stage.matches(":focus-visible") && this.show(true));
    stage.addEventListener("blur", () => this.lift());
    stage.addEventListener("keydown", (event) => this.stageKey(event));
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Show or hide the ring; it stays hidden while nothing can be drawn. */
  show(isSeen: boolean): void {
    this.ring.classList.toggle("seen", isSeen && this.draws);
    this.place();
  }

  place(): void {
    const size = Math.max(this.size * this.view.scale, 4);
    const x = this.view.x + this.at.x * this.view.scale - size / 2;
    const y = this.view.y + this.at.y * this.view.scale - size / 2;
    this.ring.style.width = `${size}px`;
    this.ring.style.height = `${size}px`;
    this.ring.style.transform = `translate(${x}px, ${y}px)`;
  }

  private get draws(): boolean {
    return this.tool !== "move" && !this.isOff;
  }

  private point(event: PointerEvent): { x: number; y: number } {
    const { x, y } = this.pinch.at(event);
    return { x: (x - this.view.x) / this.view.scale, y: (y - this.view.y) / this.view.scale };
  }

  private pointerDown(event: PointerEvent): void {
    this.stage.focus({ preventScroll: true });
    this.pinch.down(event);
    if (this.pinch.count > 1) return this.abandon();
    if (event.button > 1 && !(event.buttons & ERASER_END)) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    if (event.button === 1 || !this.draws) {
      this.hold = { kind: "pan", x: event.clientX, y: event.clientY, erases: false };
      return;
    }
    const before = this.at;
    const { x, y } = (this.at = this.point(event));
    const erases = this.tool === "eraser" || Boolean(event.buttons & ERASER_END);
    this.hold = { kind: "line", x, y, erases };
    const from = event.shiftKey ? before : this.at;
    this.mask.line(from.x, from.y, x, y, this.size, erases);
    this.told.redraw();
  }

  private pointerMove(event: PointerEvent): void {
    if (this.pinch.moved(event)) return;
    const { hold } = this;
    if (hold?.kind === "pan") {
      this.view.pan(event.clientX - hold.x, event.clientY - hold.y);
      [hold.x, hold.y] = [event.clientX, event.clientY];
      return this.told.moved();
    }
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      this.at = this.point(each);
      if (!hold) continue;
      this.mask.line(hold.x, hold.y, this.at.x, this.at.y, this.size, hold.erases);
      [hold.x, hold.y] = [this.at.x, this.at.y];
    }
    this.show(event.pointerType !== "touch");
    if (hold) this.told.redraw();
  }

  private release(): void {
    const isLine = this.hold?.kind === "line";
    this.hold = null;
    if (isLine && this.mask.commit()) this.told.changed();
  }

  /** A second finger came, or the system took the pointer: what was drawn by it goes away. */
  private abandon(): void {
    this.hold = null;
    this.mask.cancel();
    this.told.redraw();
  }

  private lift(): void {
    if (!this.isDown) return;
    this.isDown = false;
    if (this.mask.commit()) this.told.changed();
  }

  /** The brush of the keyboard: arrows move it, and draw while it is down. */
  private stageKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const erases = this.tool === "eraser";
    const { x, y } = this.at;
    if (step) {
      const far = Math.max(this.size / 4, 1) * (event.shiftKey ? 4 : 1);
      this.at = { x: clamp(x + (step[0] ?? 0) * far, 0, this.mask.width), y: clamp(y + (step[1] ?? 0) * far, 0, this.mask.height) };
      if (this.isDown) this.mask.line(x, y, this.at.x, this.at.y, this.size, erases);
      this.view.reveal(this.at.x, this.at.y);
      this.told.moved();
    } else if (event.key === " " && this.isDown) this.lift();
    else if ((event.key === " " || event.key === "Enter") && this.draws) {
      this.mask.line(x, y, x, y, this.size, erases);
      this.isDown = event.key === " ";
      if (this.isDown) this.told.lowered();
      else if (this.mask.commit()) this.told.changed();
    } else return;
    this.show(true);
    this.told.redraw();
    event.preventDefault();
  }
}

