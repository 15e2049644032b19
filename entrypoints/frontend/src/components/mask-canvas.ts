// The mask as numbers: how much the model may change each pixel, its history, and the PNG of it.

export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Runs of equal bytes: value, length, value, length and so on. */
type Runs = Uint32Array;

interface Step {
  region: Region;
  before: Runs;
  after: Runs;
}

const MOST_STEPS = 200;
const MOST_RUNS = 16_000_000; // in all steps together, four bytes each

/** A drawing whose alpha is what the model may change: 255 all of it, 0 nothing. */
export class MaskCanvas {
  readonly canvas = document.createElement("canvas");
  private readonly pen = this.canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  private plane = new Uint8Array(0);
  private sum = 0;
  private steps: Step[] = [];
  private done = 0;
  private drawn: Region | null = null;

  get width(): number {
    return this.canvas.width;
  }

  get height(): number {
    return this.canvas.height;
  }

  /** The share of the image that the model may change, from 0 to 1. */
  get coverage(): number {
    return this.plane.length ? this.sum / 255 / this.plane.length : 0;
  }

  get canUndo(): boolean {
    return this.done > 0;
  }

  get canRedo(): boolean {
    return this.done < this.steps.length;
  }

  /** Start an empty mask of this many pixels, without a history. */
  reset(width: number, height: number): void {
    this.canvas.width = width;
    this.canvas.height = height;
    this.plane = new Uint8Array(width * height);
    this.sum = 0;
    this.steps = [];
    this.done = 0;
    this.drawn = null;
  }

  /** Draw a round line, which `commit` makes a step and `cancel` takes back; the region it touches. */
  line(fromX: number, fromY: number, toX: number, toY: number, size: number, erases: boolean): Region {
    this.pen.globalCompositeOperation = erases ? "destination-out" : "source-over";
    this.pen.lineCap = "round";
    this.pen.lineWidth = size;
    this.pen.beginPath();
    this.pen.moveTo(fromX, fromY);
    this.pen.lineTo(toX, toY);
    this.pen.stroke();
    this.pen.globalCompositeOperation = "source-over";
    const half = size / 2 + 1;
    const region = this.within(
      Math.min(fromX, toX) - half, Math.min(fromY, toY) - half,
      Math.max(fromX, toX) + half, Math.max(fromY, toY) + half,
    );
    this.drawn = this.drawn ? union(this.drawn, region) : region;
    return region;
  }

  cancel(): void {
    if (this.drawn) this.write(this.drawn);
    this.drawn = null;
  }

  /** Make one step of what was drawn since the last one; false if it changed nothing. */
  commit(): boolean {
    const region = this.drawn;
    this.drawn = null;
    if (!region?.width || !region.height) return false;
    const { data } = this.pen.getImageData(region.x, region.y, region.width, region.height);
    const after = new Uint8Array(region.width * region.height);
    for (let at = 0; at < after.length; at += 1) after[at] = data[at * 4 + 3] as number;
    return this.change(region, after);
  }

  invert(): void {
    this.change(this.all, this.plane.map((value) => 255 - value));
    this.write(this.all);
  }

  clear(): void {
    this.change(this.all, new Uint8Array(this.plane.length));
    this.write(this.all);
  }

  /**
   * Take the mask of a file, scaled if its size differs: its transparency, or in a file without any,
   * its lightness, as in the masks where white is what may change.
   */
  async load(source: Blob): Promise<void> {
    const bitmap = await createImageBitmap(source);
    const pen = canvasOf(this.width, this.height);
    pen.drawImage(bitmap, 0, 0, this.width, this.height);
    bitmap.close();
    const { data } = pen.getImageData(0, 0, this.width, this.height);
    const after = new Uint8Array(this.plane.length);
    let least = 255;
    for (let at = 3; at < data.length; at += 4) least = Math.min(least, data[at] as number);
    for (let at = 0; at < after.length; at += 1) {
      const channel = (index: number) => data[at * 4 + index] as number;
      after[at] = least < 255 ? 255 - channel(3) : Math.round(0.299 * channel(0) + 0.587 * channel(1) + 0.114 * channel(2));
    }
    this.change(this.all, after);
    this.write(this.all);
  }

  undo(): void {
    const step = this.steps[this.done - 1];
    if (step) this.turn(step.region, step.before, -1);
  }

  redo(): void {
    const step = this.steps[this.done];
    if (step) this.turn(step.region, step.after, 1);
  }

  /** The PNG that is sent: black, and transparent where the model may change the image. */
  toBlob(feather: number): Promise<Blob> {
    if (!this.plane.length) return Promise.reject(new Error("The image is not loaded yet."));
    const soft = feather ? blurred(this.plane, this.width, this.height, feather) : this.plane;
    const pixels = new ImageData(this.width, this.height);
    for (let at = 0; at < soft.length; at += 1) pixels.data[at * 4 + 3] = 255 - (soft[at] as number);
    const pen = canvasOf(this.width, this.height);
    pen.putImageData(pixels, 0, 0);
    return new Promise((resolve, reject) =>
      pen.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The mask is too large for this browser."))), "image/png"),
    );
  }

  private get all(): Region {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  private within(left: number, top: number, right: number, bottom: number): Region {
    const x = Math.max(Math.floor(left), 0);
    const y = Math.max(Math.floor(top), 0);
    const width = Math.max(Math.min(Math.ceil(right), this.width) - x, 0);
    return { x, y, width, height: Math.max(Math.min(Math.ceil(bottom), this.height) - y, 0) };
  }

  private change(region: Region, after: Uint8Array): boolean {
    const before = this.read(region);
    if (before.every((value, at) => value === after[at])) return false;
    this.steps.length = this.done;
    this.steps.push({ region, before: packed(before), after: packed(after) });
    const size = () => this.steps.reduce((all, step) => all + step.before.length + step.after.length, 0);
    while (this.steps.length > MOST_STEPS || (this.steps.length > 1 && size() > MOST_RUNS)) this.steps.shift();
    this.done = this.steps.length;
    this.store(region, after);
    return true;
  }

  private turn(region: Region, runs: Runs, by: 1 | -1): void {
    this.store(region, unpacked(runs, region.width * region.height));
    this.write(region);
    this.done += by;
  }

  private read({ x, y, width, height }: Region): Uint8Array {
    const values = new Uint8Array(width * height);
    for (let row = 0; row < height; row += 1) {
      const start = (y + row) * this.width + x;
      values.set(this.plane.subarray(start, start + width), row * width);
    }
    return values;
  }

  private store(region: Region, values: Uint8Array): void {
    for (const value of this.read(region)) this.sum -= value;
    for (const value of values) this.sum += value;
    for (let row = 0; row < region.height; row += 1)
      this.plane.set(
        values.subarray(row * region.width, (row + 1) * region.width),
        (region.y + row) * this.width + region.x,
      );
  }

  /** Draw a region of the plane, so that the canvas agrees with it. */
  private write(region: Region): void {
    if (!region.width || !region.height) return;
    const values = this.read(region);
    const pixels = new ImageData(region.width, region.height);
    for (let at = 0; at < values.length; at += 1) pixels.data[at * 4 + 3] = values[at] as number;
    this.pen.putImageData(pixels, region.x, region.y);
  }
}

/** Blur a plane three times by a box, which is close to a Gaussian; `radius` is where it has faded. */
export function blurred(plane: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const half = Math.max(Math.round(radius / 3), 1);
  let from = plane;
  for (let pass = 0; pass < 3; pass += 1) from = columns(rows(from, width, height, half), width, height, half);
  return from;
}

function rows(from: Uint8Array, width: number, height: number, half: number): Uint8Array {
  const to = new Uint8Array(from.length);
  const size = 2 * half + 1;
  for (let y = 0; y < height; y += 1) {
    const start = y * width;
    const at = (x: number) => from[start + Math.min(Math.max(x, 0), width - 1)] as number;
    let sum = 0;
    for (let x = -half; x <= half; x += 1) sum += at(x);
    for (let x = 0; x < width; x += 1) {
      to[start + x] = Math.round(sum / size);
      sum += at(x + half + 1) - at(x - half);
    }
  }
  return to;
}

function columns(from: Uint8Array, width: number, height: number, half: number): Uint8Array {
  const to = new Uint8Array(from.length);
  const size = 2 * half + 1;
  const sums = new Float64Array(width);
  const row = (y: number) => Math.min(Math.max(y, 0), height - 1) * width;
  for (let y = -half; y <= half; y += 1)
    for (let x = 0; x < width; x += 1) sums[x] = (sums[x] as number) + (from[row(y) + x] as number);
  for (let y = 0; y < height; y += 1) {
    const [next, last] = [row(y + half + 1), row(y - half)];
    for (let x = 0; x < width; x += 1) {
      to[y * width + x] = Math.round((sums[x] as number) / size);
      sums[x] = (sums[x] as number) + (from[next + x] as number) - (from[last + x] as number);
    }
  }
  return to;
}

function canvasOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
}

function union(a: Region, b: Region): Region {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  return { x, y, width, height: Math.max(a.y + a.height, b.y + b.height) - y };
}

function packed(values: Uint8Array): Runs {
  const runs: number[] = [];
  for (let at = 0; at < values.length; ) {
    let end = at + 1;
    while (end < values.length && values[end] === values[at]) end += 1;
    runs.push(values[at] as number, end - at);
    at = end;
  }
  return Uint32Array.from(runs);
}

function unpacked(runs: Runs, length: number): Uint8Array {
  const values = new Uint8Array(length);
  let at = 0;
  for (let run = 0; run < runs.length; run += 2) {
    values.fill(runs[run] as number, at, at + (runs[run + 1] as number));
    at += runs[run + 1] as number;
  }
  return values;
}
