// Zoom and pan of an image in a box, by wheel, pinch, drag and keys. No DOM writes: the owner draws.
import { clamp } from "./element";

const MAX_ZOOM = 16;
const STEP = 1.25;

/** Where an image of `width` × `height` pixels lies in a box: its scale and its upper left corner. */
export class Viewport {
  width = 1;
  height = 1;
  scale = 1;
  x = 0;
  y = 0;
  /** No fitted image is larger than this scale. */
  mostFit = Infinity;
  private boxWidth = 1;
  private boxHeight = 1;
  private fitted = true;

  get fitScale(): number {
    return Math.min(this.boxWidth / this.width, this.boxHeight / this.height, this.mostFit);
  }

  get isFitted(): boolean {
    return this.fitted;
  }

  image(width: number, height: number): void {
    const grown = this.width / width;
    this.width = width;
    this.height = height;
    if (this.fitted) this.fit();
    else this.place(this.scale * grown, this.x, this.y);
  }

  box(width: number, height: number): void {
    this.boxWidth = Math.max(width, 1);
    this.boxHeight = Math.max(height, 1);
    if (this.fitted) this.fit();
    else this.place(this.scale, this.x, this.y);
  }

  fit(): void {
    this.fitted = true;
    this.scale = this.fitScale;
    this.x = (this.boxWidth - this.width * this.scale) / 2;
    this.y = (this.boxHeight - this.height * this.scale) / 2;
  }

  /** Zoom to a scale; the pixel below (x, y) of the box stays there, by default that in the middle. */
  zoomTo(scale: number, x = this.boxWidth / 2, y = this.boxHeight / 2): void {
    const next = clamp(scale, this.fitScale, Math.max(MAX_ZOOM, this.fitScale));
    if (next <= this.fitScale * 1.001) return this.fit();
    this.fitted = false;
    const grown = next / this.scale;
    this.place(next, x - (x - this.x) * grown, y - (y - this.y) * grown);
  }

  zoomBy(steps: number, x?: number, y?: number): void {
    this.zoomTo(this.scale * STEP ** steps, x, y);
  }

  pan(dx: number, dy: number): void {
    if (!this.fitted) this.place(this.scale, this.x + dx, this.y + dy);
  }

  /** Pan as little as it takes to show this pixel with a margin. */
  reveal(px: number, py: number, margin = 40): void {
    const x = this.x + px * this.scale;
    const y = this.y + py * this.scale;
    this.pan(
      clamp(x, margin, this.boxWidth - margin) - x,
      clamp(y, margin, this.boxHeight - margin) - y,
    );
  }

  private place(scale: number, x: number, y: number): void {
    this.scale = scale;
    const place = (at: number, size: number, box: number) =>
      size <= box ? (box - size) / 2 : clamp(at, box - size, 0);
    this.x = place(x, this.width * scale, this.boxWidth);
    this.y = place(y, this.height * scale, this.boxHeight);
  }
}

interface Point {
  x: number;
  y: number;
}

/** Zooms by a pinch of two fingers and by the wheel with Ctrl, and pans a zoomed image by the wheel. */
export class Pinch {
  private readonly fingers = new Map<number, Point>();

  constructor(
    private readonly target: HTMLElement,
    private readonly view: Viewport,
    private readonly changed: () => void,
  ) {
    target.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    for (const type of ["pointerup", "pointercancel"] as const)
      target.addEventListener(type, (event) => this.fingers.delete(event.pointerId));
  }

  /** The number of fingers on the target. */
  get count(): number {
    return this.fingers.size;
  }

  down(event: PointerEvent): void {
    if (event.pointerType === "touch") this.fingers.set(event.pointerId, this.at(event));
  }

  /** Follow a finger; true if two of them zoom and pan now. */
  moved(event: PointerEvent): boolean {
    const before = this.fingers.get(event.pointerId);
    if (!before || this.fingers.size < 2) {
      if (before) this.fingers.set(event.pointerId, this.at(event));
      return false;
    }
    const now = this.at(event);
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1] ?? now;
    const spread = (point: Point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
    this.view.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    this.view.zoomTo((this.view.scale * spread(now)) / spread(before), middle.x, middle.y);
    this.fingers.set(event.pointerId, now);
    this.changed();
    return true;
  }

  at(event: MouseEvent): Point {
    const box = this.target.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private wheel(event: WheelEvent): void {
    const zooms = event.ctrlKey || event.metaKey;
    if (!zooms && this.view.isFitted) return;
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const { x, y } = this.at(event);
    if (zooms) this.view.zoomBy(clamp((-event.deltaY * pixels) / 100, -2, 2), x, y);
    else this.view.pan(-event.deltaX * pixels, -event.deltaY * pixels);
    this.changed();
  }
}
