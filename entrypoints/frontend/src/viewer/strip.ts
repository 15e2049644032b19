// The other images: those of the same result, then those of the conversation, or the newest ones.
import { h, short } from "../components/element";
import { type Json, isObject, text } from "./host";
import type { Result, ShownImage } from "./results";
import { Server } from "./server";

const MOST = 12;

export class Strip {
  private readonly list = h("div", { class: "thumbs", role: "group", "aria-label": "Images" });
  readonly node = h("div", { class: "gallery" }, this.list);
  private generation = 0;

  constructor(
    private readonly server: Server,
    private readonly pick: (image: ShownImage) => void,
    private readonly open: (id: string) => void,
  ) {}

  get isEmpty(): boolean {
    return this.list.childElementCount < 2;
  }

  /** Show the images of the result at once, and the others when the server has named them. */
  fill(result: Result): void {
    const generation = ++this.generation;
    this.list.replaceChildren(
      ...result.images.map((image, at) => this.thumb(image.id, `Image ${at + 1}`, image.preview, () => this.pick(image))),
    );
    this.node.hidden = this.isEmpty;
    const known = new Set(result.images.map((image) => image.id));
    void this.more(text(result.facts["conversationId"]), known, generation);
  }

  /** Mark the image that is shown. */
  mark(id: string): void {
    for (const each of this.list.children) each.setAttribute("aria-pressed", String((each as HTMLElement).dataset["id"] === id));
  }

  private thumb(id: string, name: string, url: string, onclick: () => void): HTMLButtonElement {
    const image = h("img", { alt: "" });
    if (url) image.src = url;
    return h("button", { type: "button", "aria-label": name, title: name, "data-id": id, "aria-pressed": "false", onclick }, image);
  }

  private async more(conversation: string, known: Set<string>, generation: number): Promise<void> {
    try {
      for (const { id, prompt } of await this.others(conversation)) {
        if (known.has(id) || this.list.childElementCount >= MOST) continue;
        known.add(id);
        const url = await this.server.smaller(id, "thumb");
        if (generation !== this.generation) return;
        this.list.append(this.thumb(id, short(prompt, 80) || id, url, () => this.open(id)));
        this.node.hidden = this.isEmpty;
      }
    } catch {
      // without tools there are no other images to show
    }
  }

  private async others(conversation: string): Promise<{ id: string; prompt: string }[]> {
    const found = conversation
      ? await this.server.ask("get_conversation", { conversationId: conversation })
      : await this.server.ask("list_images", { limit: MOST });
    return conversation ? ofTurns(found) : named(found["images"], "");
  }
}

function ofTurns(found: Json): { id: string; prompt: string }[] {
  const turns = Array.isArray(found["turns"]) ? found["turns"].filter(isObject) : [];
  return turns.flatMap((turn) => named(turn["images"], text(turn["prompt"]))).reverse();
}

function named(images: unknown, prompt: string): { id: string; prompt: string }[] {
  const entries = Array.isArray(images) ? images : [];
  return entries
    .map((each) => (isObject(each) ? { id: text(each["id"]), prompt: text(each["prompt"]) || prompt } : { id: text(each), prompt }))
    .filter(({ id }) => id.startsWith("img_"));
}
