// The image of a result: preview, full pixels, facts, what to do next, and the other images of the conversation.
import type { ImageView } from "../components/image-view";
import { h } from "../components/element";
import { ask, button } from "./asking";
import { Chat } from "./chat";
import { Editor } from "./editor";
import { Frame } from "./frame";
import { type Json, isObject, text } from "./host";
import { type Result, type ShownImage, costWords, dollars, priceOf } from "./results";
import { Server } from "./server";
import { Strip } from "./strip";

export class ImagePanel {
  private readonly view = document.createElement("image-view") as ImageView;
  private readonly facts = h("p", { class: "facts soft", dir: "auto" });
  private readonly loaded = h("span", { class: "soft", role: "status" });
  private readonly actions = h("div", { class: "actions" });
  private readonly asked = h("div", { class: "asked" });
  private readonly editor: Editor;
  private readonly strip: Strip;
  readonly node: HTMLElement;
  private args: Json = {};
  private result: Result | null = null;
  private image: ShownImage | null = null;

  constructor(
    private readonly server: Server,
    private readonly frame: Frame,
    private readonly chat: Chat,
    private readonly open: (result: Json) => void,
  ) {
    this.editor = new Editor(server, chat, () => this.close());
    this.strip = new Strip(server, (image) => this.pick(image), (id) => void this.bring(id));
    this.node = h(
      "section", { class: "panel" },
      this.view, this.facts, this.actions, this.asked, this.editor.node, this.strip.node,
    );
    this.view.addEventListener("image-download", (event) => this.download(event as CustomEvent));
    this.view.addEventListener("image-full", () => this.loaded.replaceChildren());
    window.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show the images of a result; the first one is chosen. `args` are those of the call. */
  show(result: Result, args: Json): void {
    this.result = result;
    this.args = args;
    this.close();
    this.strip.fill(result);
    const [first] = result.images;
    if (first) this.present(first);
    void this.compare();
  }

  /** The arguments, if they come after the result. */
  arguments(args: Json): void {
    this.args = args;
    this.name();
    this.refresh();
    void this.compare();
  }

  /** Draw the words and the buttons again, after the host has said something new. */
  refresh(): void {
    if (!this.result || !this.image) return;
    const { facts } = this.result;
    const size = this.image.width ? `${this.image.width} × ${this.image.height}` : "";
    const words = [text(facts["model"]), size, costWords(facts), this.image.path].filter(Boolean);
    this.facts.replaceChildren(words.join(" · "), " ", this.loaded);
    this.actions.replaceChildren(...this.buttons(this.image));
  }

  private buttons(image: ShownImage): HTMLElement[] {
    const prompt = text(this.args["prompt"]);
    const price = this.result ? priceOf(this.result.facts) : null;
    const about = price === null ? "" : ` (≈ ${dollars(price)})`;
    const found: HTMLElement[] = [];
    if (image.id) {
      const vary = `Please make a variation of ${image.id} with edit_image: keep its subject and style, and change the composition.`;
      found.push(button("Edit", () => this.edit(image), { class: "main" }));
      found.push(button(`Vary${about}`, () => void ask(this.chat, vary, this.asked)));
    }
    if (prompt) {
      const again = `Please make another image of the same prompt, with fresh: true: ${JSON.stringify(prompt)}`;
      found.push(button(`Retry${about}`, () => void ask(this.chat, again, this.asked)));
    }
    if (this.frame.canFill) {
      const isFull = this.frame.displayMode === "fullscreen";
      const change = () => void this.frame.ask(isFull ? "inline" : "fullscreen").catch(() => undefined);
      found.push(button(isFull ? "Close full screen" : "Full screen", change));
    }
    return found;
  }

  /** The person chooses one of several images: the model is told. */
  private pick(image: ShownImage): void {
    this.present(image);
    if (image.id) this.chat.choose(image.id);
  }

  private present(image: ShownImage): void {
    this.image = image;
    this.asked.replaceChildren();
    for (const name of ["src", "before", "width", "height"]) this.view.removeAttribute(name);
    if (image.width) {
      this.view.setAttribute("width", String(image.width));
      this.view.setAttribute("height", String(image.height));
    }
    this.name();
    this.view.setAttribute("filename", `${image.id || "image"}.${image.format === "jpeg" ? "jpg" : image.format}`);
    this.view.full = image.id ? () => this.server.full(image.id, (part) => this.tell(part)) : null;
    if (image.preview) this.view.setAttribute("preview", image.preview);
    else void this.preview(image);
    this.strip.mark(image.id);
    this.refresh();
  }

  private name(): void {
    const prompt = text(this.result?.facts["revisedPrompt"]) || text(this.args["prompt"]);
    this.view.setAttribute("alt", prompt || "Generated image");
  }

  private tell(part: number): void {
    this.loaded.replaceChildren(`${Math.round(part * 100)}%`);
  }

  /** A host that drops images from results: the preview comes from the server. */
  private async preview(image: ShownImage): Promise<void> {
    this.view.removeAttribute("preview");
    if (!image.id) return;
    try {
      const url = await this.server.smaller(image.id, "preview");
      if (this.image === image) this.view.setAttribute("preview", url);
    } catch {
      await this.view.loadFull().catch(() => undefined);
    }
  }

  /** After an edit, the first image of the call is shown as it was before. */
  private async compare(): Promise<void> {
    const images = this.args["images"];
    const [first] = Array.isArray(images) ? images : [];
    const id = text(first);
    const shown = this.image;
    if (!id.startsWith("img_") || id === shown?.id) return;
    const url = await this.server.smaller(id, "preview").catch(() => "");
    if (url && this.image === shown) this.view.setAttribute("before", url);
  }

  private edit(image: ShownImage): void {
    this.chat.choose(image.id);
    const url = this.view.getAttribute("src") ?? this.view.getAttribute("preview") ?? "";
    this.view.hidden = this.facts.hidden = this.actions.hidden = this.strip.node.hidden = true;
    this.asked.replaceChildren();
    void this.editor.open(image, url);
    if (this.frame.canFill && this.frame.displayMode === "inline") void this.frame.ask("fullscreen").catch(() => undefined);
  }

  private close(): void {
    this.editor.close();
    this.view.hidden = this.facts.hidden = this.actions.hidden = false;
    this.strip.node.hidden = this.strip.isEmpty;
  }

  private async bring(id: string): Promise<void> {
    try {
      const result = await this.server.call("get_image", { id });
      if (isObject(result["structuredContent"]) || Array.isArray(result["content"])) this.open(result);
      this.chat.choose(id);
    } catch (error) {
      this.asked.replaceChildren(h("p", { class: "soft", role: "status" }, (error as Error).message));
    }
  }

  private download(event: CustomEvent<{ url: string; filename: string }>): void {
    if (!this.chat.saves) return;
    event.preventDefault();
    const { url, filename } = event.detail;
    void this.chat.save(filename, url).then((isSaved) => {
      const where = this.image?.path ? ` It is stored as ${this.image.path}.` : "";
      const words = isSaved ? "" : `The file was not saved.${where}`;
      this.asked.replaceChildren(...(words ? [h("p", { class: "soft", role: "status", dir: "auto" }, words)] : []));
    });
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.editor.isOpen) this.close();
  }
}
