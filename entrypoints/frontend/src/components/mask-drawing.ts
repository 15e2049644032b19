// How the mask painter shows an image and its mask: a canvas of the size of the screen's part.
import { blurred, type MaskCanvas } from "./mask-canvas";
import type { Viewport } from "./viewport";

const OPACITY = 0.62;
const CHECK = 8;

/** Draws into one canvas. The image is scaled once for each place of the viewport, not for each line. */
export class MaskDrawing {
  readonly canvas = document.createElement("canvas");
  private readonly pen = this.canvas.getContext("2d") as CanvasRenderingContext2D;
  private readonly base = document.createElement("canvas");
  private readonly tint = document.createElement("canvas");
  private ratio = 1;
  private drawnAt = "";

  constructor(
    private readonly view: Viewport,
    private readonly mask: MaskCanvas,
  ) {}

  size(width: number, height: number): void {
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    for (const canvas of [this.canvas, this.base, this.tint]) {
      canvas.width = Math.max(Math.round(width * this.ratio), 1);
      canvas.height = Math.max(Math.round(height * this.ratio), 1);
    }
    this.drawnAt = "";
  }

  /** Another image will be drawn. */
  forget(): void {
    this.drawnAt = "";
  }

  /** The image, and over it in stripes what the model may change. */
  edit(image: HTMLImageElement | null, feather: number): void {
    this.start();
    if (image) this.pen.drawImage(this.scaled(image), 0, 0);
    const pen = this.tint.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    const { width, height } = this.tint;
    pen.globalCompositeOperation = "source-over";
    pen.clearRect(0, 0, width, height);
    this.place(pen, this.mask.canvas);
    const radius = feather * this.view.scale * this.ratio;
    if (radius >= 1) soften(pen, width, height, radius);
    pen.globalCompositeOperation = "source-in";
    pen.fillStyle = pattern(pen, this.ratio, stripe);
    pen.fillRect(0, 0, width, height);
    this.pen.globalAlpha = OPACITY;
    this.pen.drawImage(this.tint, 0, 0);
    this.pen.globalAlpha = 1;
  }

  /** The decoded PNG over a checkerboard. */
  png(bitmap: ImageBitmap): void {
    this.start();
    this.pen.fillStyle = pattern(this.pen, this.ratio, check);
    this.pen.fillRect(...this.bounds);
    this.place(this.pen, bitmap);
  }

  private start(): void {
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  private scaled(image: HTMLImageElement): HTMLCanvasElement {
    const { x, y, scale } = this.view;
    const at = [x, y, scale].join(" ");
    if (at === this.drawnAt) return this.base;
    const pen = this.base.getContext("2d") as CanvasRenderingContext2D;
    pen.clearRect(0, 0, this.base.width, this.base.height);
    this.place(pen, image);
    this.drawnAt = at;
    return this.base;
  }

  /** Left, top, width and height of the image in whole pixels of the screen. */
  private get bounds(): [number, number, number, number] {
    const { x, y, width, height, scale } = this.view;
    const pixel = (place: number) => Math.round(place * this.ratio);
    return [pixel(x), pixel(y), pixel(x + width * scale) - pixel(x), pixel(y + height * scale) - pixel(y)];
  }

  private place(pen: CanvasRenderingContext2D, source: CanvasImageSource): void {
    pen.imageSmoothingEnabled = this.view.scale * this.ratio < 3;
    pen.imageSmoothingQuality = "medium";
    pen.drawImage(source, ...this.bounds);
  }
}

function soften(pen: CanvasRenderingContext2D, width: number, height: number, radius: number): void {
  const pixels = pen.getImageData(0, 0, width, height);
  const plane = new Uint8Array(width * height);
  for (let at = 0; at < plane.length; at += 1) plane[at] = pixels.data[at * 4 + 3] as number;
  const soft = blurred(plane, width, height, radius);
  for (let at = 0; at < soft.length; at += 1) pixels.data[at * 4 + 3] = soft[at] as number;
  pen.putImageData(pixels, 0, 0);
}

type Tile = (pen: CanvasRenderingContext2D, unit: number) => void;

function pattern(pen: CanvasRenderingContext2D, ratio: number, tile: Tile): CanvasPattern {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(CHECK * 2 * ratio);
  tile(canvas.getContext("2d") as CanvasRenderingContext2D, canvas.width / 2);
  return pen.createPattern(canvas, "repeat") as CanvasPattern;
}

/** Light and dark stripes of one hue, which differ from any image. */
function stripe(pen: CanvasRenderingContext2D, unit: number): void {
  pen.fillStyle = "#e0146e";
  pen.fillRect(0, 0, unit * 2, unit * 2);
  pen.strokeStyle = "#ff9cc9";
  pen.lineWidth = unit / 3;
  pen.beginPath();
  for (const shift of [-1, 0, 1]) {
    pen.moveTo((shift * 2 - 0.5) * unit, 2.5 * unit);
    pen.lineTo((shift * 2 + 2.5) * unit, -0.5 * unit);
  }
  pen.stroke();
}

function check(pen: CanvasRenderingContext2D, unit: number): void {
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, unit * 2, unit * 2);
  pen.fillStyle = "#d4d0c9";
  pen.fillRect(0, 0, unit, unit);
  pen.fillRect(unit, unit, unit, unit);
}
