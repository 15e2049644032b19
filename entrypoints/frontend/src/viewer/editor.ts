// Editing: what should change, and where. The mask is stored at the server; the model gets its ID and does the edit.
import type { MaskPainter } from "../components/mask-painter";
import { h } from "../components/element";
import { ask, button } from "./asking";
import { Chat } from "./chat";
import type { ShownImage } from "./results";
import { text } from "./host";
import { Server } from "./server";

const STORE_TIMEOUT = 60_000;

export class Editor {
  private readonly place = h("div");
  private readonly words = h("textarea", { rows: 2, maxlength: 8000, "aria-label": "What should change?", placeholder: "What should change?" });
  private readonly asked = h("div", { class: "asked" });
  private readonly send = button("Ask for the edit", () => void this.submit(), { class: "main" });
  readonly node = h(
    "div", { class: "editor", hidden: true },
    this.place, this.words, h("div", { class: "actions" }, this.send, button("Close", () => this.done())), this.asked,
  );
  private control: MaskPainter | null = null;
  private isMarked = false;
  private image: ShownImage | null = null;

  constructor(
    private readonly server: Server,
    private readonly chat: Chat,
    private readonly done: () => void,
  ) {}

  get isOpen(): boolean {
    return !this.node.hidden;
  }

  /** Begin to edit an image that `url` shows, perhaps smaller than it is. */
  async open(image: ShownImage, url: string): Promise<void> {
    this.image = image;
    this.isMarked = false;
    this.asked.replaceChildren();
    this.node.hidden = false;
    this.words.focus();
    const control = document.createElement("mask-painter") as MaskPainter;
    control.addEventListener("mask-change", (event) => {
      this.isMarked = !(event as CustomEvent<{ empty: boolean }>).detail.empty;
    });
    if (image.width) {
      control.setAttribute("width", String(image.width));
      control.setAttribute("height", String(image.height));
    }
    control.setAttribute("src", url);
    this.control = control;
    this.place.replaceChildren(control);
  }

  close(): void {
    this.node.hidden = true;
    this.place.replaceChildren();
    this.control = null;
  }

  private async submit(): Promise<void> {
    const image = this.image;
    const change = this.words.value.trim();
    if (!image) return;
    if (!change) return this.tell("Say what should change.");
    this.send.disabled = true;
    try {
      const mask = await this.mask(image.id);
      this.chat.choose(image.id, mask);
      const where = mask ? ` with mask ${mask}` : "";
      await ask(this.chat, `Please edit ${image.id}${where} with edit_image: ${change}`, this.asked);
    } catch (error) {
      this.tell((error as Error).message);
    } finally {
      this.send.disabled = false;
    }
  }

  /** The ID of the stored mask; empty if nothing is marked. */
  private async mask(id: string): Promise<string> {
    if (!this.control || !this.isMarked) return "";
    const data = await base64Of(await this.control.toBlob());
    const stored = await this.server.ask("save_mask", { image: id, data }, STORE_TIMEOUT);
    return text(stored["maskId"]);
  }

  private tell(words: string): void {
    this.asked.replaceChildren(h("p", { class: "problem", role: "alert", dir: "auto" }, words));
  }
}

function base64Of(png: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).split(",", 2)[1] ?? ""));
    reader.addEventListener("error", () => reject(new Error("The mask could not be read.")));
    reader.readAsDataURL(png);
  });
}
