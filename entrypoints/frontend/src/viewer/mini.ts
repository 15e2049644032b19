// One row for a frame that is too low for anything else: a thumbnail, a few words, and the way to a larger frame.
import { h, short } from "../components/element";
import { button } from "./asking";
import { Frame } from "./frame";

export class Mini {
  private readonly image = h("img", { alt: "", hidden: true });
  private readonly words = h("p", { dir: "auto", role: "status" }, "Generating…");
  private readonly open: HTMLButtonElement;
  readonly node: HTMLElement;

  constructor(private readonly frame: Frame) {
    this.open = button("Open", () => void frame.ask("fullscreen").catch(() => undefined), { hidden: "" });
    this.node = h("div", { class: "mini" }, this.image, this.words, this.open);
  }

  tell(words: string): void {
    this.words.textContent = short(words, 140);
  }

  show(url: string): void {
    this.image.hidden = !url;
    if (url) this.image.src = url;
  }

  refresh(): void {
    this.open.hidden = !this.frame.canFill;
  }
}
