// What the host says about the frame: theme, colors, size, display modes; and the size that the viewer tells the host.
import { Host, type Json, object, text } from "./host";

const LOW = 200; // pixels below which a fixed frame gets the strip
const SETTLED = 1200; // ms after which a host has followed the size, or never will
const PAIRS = [
  ["--surface", "--color-background-primary"],
  ["--raised", "--color-background-primary"],
  ["--sunken", "--color-background-secondary"],
  ["--ink", "--color-text-primary"],
  ["--ink-soft", "--color-text-secondary"],
  ["--line", "--color-border-primary"],
  ["--font", "--font-sans"],
] as const;
const NEEDED = ["--color-background-primary", "--color-text-primary", "--color-text-secondary"];
const SAFE = /^[\w#%.,()\s"'/-]{1,200}$/;

export class Frame {
  displayMode = "inline";
  private context: Json = {};
  private told = "";
  private timer = 0;
  private isFixed = false;

  constructor(
    private readonly host: Host,
    private readonly main: HTMLElement,
    private readonly changed: () => void,
  ) {
    host.on("ui/notifications/host-context-changed", (params) => this.take(params));
    new ResizeObserver(() => this.resized()).observe(main);
    window.addEventListener("resize", () => this.shape());
  }

  /** Merge what the host says about its context into what it has said before. */
  take(context: Json): void {
    this.context = { ...this.context, ...context };
    this.displayMode = text(this.context["displayMode"]) || this.displayMode;
    const root = document.documentElement;
    const theme = text(this.context["theme"]);
    if (theme === "light" || theme === "dark") root.dataset["theme"] = theme;
    if (text(this.context["locale"])) root.lang = text(this.context["locale"]).slice(0, 35);
    this.color(object(object(this.context["styles"])["variables"]), theme === "dark");
    this.inset(object(this.context["safeAreaInsets"]));
    const size = object(this.context["containerDimensions"]);
    this.isFixed = typeof size["height"] === "number";
    root.classList.toggle("fullscreen", this.displayMode === "fullscreen");
    this.shape();
    this.changed();
  }

  /** Whether the host can show the viewer on the full screen. */
  get canFill(): boolean {
    const modes = this.context["availableDisplayModes"];
    return Array.isArray(modes) && modes.includes("fullscreen");
  }

  /** Ask for a display mode; the host may choose another one. */
  async ask(mode: "inline" | "fullscreen"): Promise<void> {
    const answer = await this.host.request("ui/request-display-mode", { mode });
    this.take({ displayMode: text(answer["mode"]) || this.displayMode });
  }

  /** The name of the tool whose call this is, if the host tells it. */
  get tool(): string {
    return text(object(object(this.context["toolInfo"])["tool"])["name"]);
  }

  /** Take the host's colors only as a set: one of ours on one of theirs could be hard to read. */
  private color(variables: Json, isDark: boolean): void {
    if (!NEEDED.every((name) => typeof variables[name] === "string")) return;
    for (const [ours, theirs] of PAIRS) {
      const value = pick(text(variables[theirs]), isDark);
      if (SAFE.test(value) && !value.includes("url(")) document.documentElement.style.setProperty(ours, value);
    }
  }

  private inset(insets: Json): void {
    for (const side of ["top", "right", "bottom", "left"])
      if (typeof insets[side] === "number")
        this.main.style.setProperty(`padding-${side}`, `calc(var(--gap) + ${Number(insets[side])}px)`);
  }

  /** In a low frame that the host does not make higher, everything is in one row. */
  private shape(): void {
    const isLow = window.innerHeight < LOW && window.innerHeight > 0;
    document.documentElement.classList.toggle("strip", isLow && this.isFixed);
  }

  private resized(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.tell(), 60);
  }

  private tell(): void {
    const { width, height } = this.main.getBoundingClientRect();
    const size = { width: Math.ceil(width), height: Math.ceil(height) };
    const now = `${size.width} ${size.height}`;
    if (now === this.told || document.documentElement.classList.contains("strip")) return;
    this.told = now;
    this.host.notify("ui/notifications/size-changed", size);
    window.setTimeout(() => this.settle(size.height), SETTLED);
  }

  private settle(height: number): void {
    if (height <= window.innerHeight || window.innerHeight >= LOW || this.isFixed) return;
    this.isFixed = true;
    this.shape();
  }
}

/** The part of `light-dark(a, b)` for the theme; the viewer sets no color scheme, which would make the frame opaque. */
function pick(value: string, isDark: boolean): string {
  const inner = /^light-dark\((.*)\)$/s.exec(value.trim())?.[1];
  if (!inner) return value;
  let depth = 0;
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] === "(") depth++;
    else if (inner[at] === ")") depth--;
    else if (inner[at] === "," && !depth) return (isDark ? inner.slice(at + 1) : inner.slice(0, at)).trim();
  }
  return value;
}

