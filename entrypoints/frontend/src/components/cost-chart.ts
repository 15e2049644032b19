// <cost-chart>: stacked bars over days or names, and the same numbers as a table.
import uPlot from "uplot";
import plotStyles from "uplot/dist/uPlot.min.css";
import styles from "./cost-chart.css";
import { Component, clamp, define, h, short } from "./element";

export interface ChartData {
  /** `USD` shows dollars; any other unit is written after the number. */
  unit: string;
  series: string[];
  points: { x: string; values: number[] }[];
}

const HEIGHT = 240;
const SERIES_COLORS = 6;
const MOST_BAR = 48; // pixels
const LABEL_WIDTH = 64;
const CHARACTER_WIDTH = 8;
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });

export class CostChart extends Component {
  static readonly observedAttributes = ["label"];

  private shown: ChartData = { unit: "", series: [], points: [] };
  private plot: uPlot | null = null;
  private width = 0;
  private active = -1;
  private readonly heading = h("span", { class: "title text", dir: "auto" });
  private readonly legend = h("ul", { class: "legend" });
  private readonly tip = h("div", { class: "tip numbers", hidden: true });
  private readonly box = h("div", { class: "plot", role: "img", tabindex: 0 });
  private readonly none = h("p", { class: "none" }, "No numbers yet.");
  private readonly table = h("div", { class: "table", tabindex: 0, role: "region" });
  private readonly numbers = h("details", {}, h("summary", {}, "Numbers"), this.table);
  private readonly said = h("div", { class: "unseen", role: "status" });
  private readonly resized = new ResizeObserver(() => this.fit());
  private readonly scheme = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly themed = new MutationObserver(() => this.plot?.redraw(false));
  private readonly redraw = () => this.plot?.redraw(false);

  constructor() {
    super(plotStyles, styles);
    const head = h("div", { class: "head" }, this.heading, this.legend);
    this.root.append(h("figure", {}, head, this.box, this.none, this.numbers, this.said));
    this.box.append(this.tip);
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => this.point(-1));
    this.render();
  }

  get data(): ChartData {
    return this.shown;
  }

  set data(data: ChartData) {
    this.shown = data;
    this.render();
  }

  connectedCallback(): void {
    this.upgrade("data");
    this.resized.observe(this);
    this.scheme.addEventListener("change", this.redraw);
    this.themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  disconnectedCallback(): void {
    this.resized.disconnect();
    this.themed.disconnect();
    this.scheme.removeEventListener("change", this.redraw);
  }

  attributeChangedCallback(): void {
    this.name();
  }

  private render(): void {
    const { series, points } = this.shown;
    this.plot?.destroy();
    this.plot = null;
    this.active = -1;
    this.tip.hidden = true;
    this.box.hidden = this.numbers.hidden = points.length === 0;
    this.none.hidden = points.length > 0;
    this.legend.hidden = series.length < 2;
    this.legend.replaceChildren(...series.map((name, at) => this.legendEntry(name, at)));
    this.name();
    if (!points.length) return;
    this.table.replaceChildren(this.tableOf());
    this.draw();
  }

  private legendEntry(name: string, at: number): HTMLLIElement {
    const mark = h("i");
    mark.style.setProperty("--tone", `var(--series-${(at % SERIES_COLORS) + 1})`);
    return h("li", {}, mark, h("span", { class: "name", dir: "auto", title: short(name) }, short(name, 80)));
  }

  private name(): void {
    const label = short(this.getAttribute("label") ?? "");
    this.heading.textContent = label;
    this.heading.hidden = !label;
    const { points } = this.shown;
    const total = points.reduce((sum, point) => sum + point.values.reduce((all, value) => all + value, 0), 0);
    const span = points.length ? `, ${this.x(0)} to ${this.x(points.length - 1)}` : "";
    this.box.setAttribute("aria-label", `${label || "Chart"}: ${this.amount(total)} in all${span}. Arrow keys read the bars.`);
    this.table.setAttribute("aria-label", `${label || "Chart"}, numbers`);
  }

  /** Each series is drawn over the sum of itself and those below it, the largest sum first. */
  private draw(): void {
    this.width = this.box.clientWidth || this.clientWidth;
    if (!this.width) return;
    const { series, points } = this.shown;
    const sums = points.map(({ values }) => {
      let sum = 0;
      return series.map((_, at) => (sum += values[at] ?? 0));
    });
    const layers = series.map((_, at) => sums.map((row) => row[at] ?? 0)).reverse();
    const bars = uPlot.paths.bars?.({ size: [0.68, MOST_BAR], radius: 0.12 });
    const color = (name: string) => getComputedStyle(this).getPropertyValue(name).trim();
    const font = `12px ${color("--font") || "sans-serif"}`;
    const axis = { font, stroke: () => color("--ink-soft"), ticks: { show: false } };
    const options: uPlot.Options = {
      width: this.width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: { x: { time: false, range: [-0.5, points.length - 0.5] }, y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.08 : 1] } },
      axes: [
        { ...axis, size: 32, grid: { show: false }, splits: () => this.ticks(), values: (_plot, at) => at.map((each) => this.x(each)) },
        { ...axis, size: 56, grid: { stroke: () => color("--line"), width: 1 }, values: (_plot, at) => at.map((each) => this.amount(each, true)) },
      ],
      series: [
        {},
        ...layers.map((_, at) => ({
          ...(bars && { paths: bars }),
          points: { show: false },
          width: 0,
          fill: () => color(`--series-${((series.length - 1 - at) % SERIES_COLORS) + 1}`),
        })),
      ],
      hooks: { setCursor: [(plot) => this.point(plot.cursor.idx ?? -1)] },
    };
    this.plot = new uPlot(options, [points.map((_, at) => at), ...layers], this.box);
  }

  private fit(): void {
    if (!this.plot) return this.draw();
    const width = this.box.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    this.plot.setSize({ width, height: HEIGHT });
  }

  /** As many labels as have room, evenly. */
  private ticks(): number[] {
    const count = this.shown.points.length;
    const every = Math.ceil(count / Math.max(Math.floor((this.width - 60) / LABEL_WIDTH), 1));
    return Array.from({ length: Math.ceil(count / every) }, (_, at) => at * every);
  }

  private x(at: number): string {
    const text = this.shown.points[at]?.x ?? "";
    const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
    return date && !Number.isNaN(date.getTime()) ? day.format(date) : short(text, this.room());
  }

  /** Characters of a label that fit below its bar. */
  private room(): number {
    return clamp(Math.floor(this.width / this.shown.points.length / CHARACTER_WIDTH), 12, 40);
  }

  private amount(value: number, isAxis = false): string {
    const { unit } = this.shown;
    if (unit === "USD") return `$${value.toFixed(isAxis && value >= 10 ? 0 : value && Math.abs(value) < 0.01 ? 4 : 2)}`;
    const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 }).format(value);
    return isAxis || !unit ? number : `${number} ${short(unit, 20)}`;
  }

  private point(at: number): void {
    const point = this.shown.points[at];
    this.active = point ? at : -1;
    this.tip.hidden = !point;
    if (!point || !this.plot) return;
    const lines = this.shown.series.map((name, index) => [short(name, 40), this.amount(point.values[index] ?? 0)] as const);
    const line = ([name, amount]: readonly [string, string]) => h("div", {}, h("span", { class: "name", dir: "auto" }, name), h("span", {}, amount));
    this.tip.replaceChildren(h("div", { class: "when" }, h("span", { dir: "auto" }, short(point.x, 40))), ...lines.map(line));
    const middle = this.plot.valToPos(at, "x") + this.plot.over.offsetLeft;
    const isRight = middle > this.width / 2;
    const left = isRight ? middle - this.tip.offsetWidth - 24 : middle + 24;
    this.tip.style.left = `${clamp(left, 0, this.width - this.tip.offsetWidth)}px`;
  }

  private key(event: KeyboardEvent): void {
    const last = this.shown.points.length - 1;
    const next = { ArrowLeft: this.active < 0 ? last : this.active - 1, ArrowRight: this.active + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const at = clamp(next, 0, last);
    this.plot?.setCursor({ left: this.plot.valToPos(at, "x"), top: 0 });
    this.point(at);
    const { series, points } = this.shown;
    const spoken = series.map((name, index) => `${short(name, 40)} ${this.amount(points[at]?.values[index] ?? 0)}`);
    this.said.textContent = `${this.x(at)}: ${spoken.join(", ")}`;
  }

  private tableOf(): HTMLTableElement {
    const { series, points } = this.shown;
    const head = h("tr", {}, h("td"), ...series.map((name) => h("th", { scope: "col" }, h("div", { class: "name", dir: "auto" }, short(name, 80)))));
    const rows = points.map(({ x, values }) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, h("div", { class: "name", dir: "auto" }, short(x, 80))),
        ...series.map((_, at) => h("td", {}, this.amount(values[at] ?? 0))),
      ),
    );
    return h("table", { class: "numbers" }, h("thead", {}, head), h("tbody", {}, ...rows));
  }
}

define("cost-chart", CostChart);
