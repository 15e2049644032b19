// Before there is an image: the prompt, the progress and the partial images; or the error and what to do about it.
import { LivePartials } from "../components/live-partials";
import { h } from "../components/element";
import { ask, button } from "./asking";
import { Chat } from "./chat";
import { type Json, text } from "./host";
import { type Result, dollars } from "./results";

const FACTS = /^(.*)\[Error ([^\]]*)\]\s*$/s;

export class WaitingPanel {
  readonly live = document.createElement("live-partials") as LivePartials;
  private readonly actions = h("div", { class: "actions", hidden: true });
  private readonly asked = h("div", { class: "asked" });
  readonly node = h("section", { class: "panel" }, this.live, this.actions, this.asked);
  private args: Json = {};
  private estimate: number | null = null;

  constructor(private readonly chat: Chat) {}

  /** What the call is about, as far as it is known. */
  arguments(args: Json): void {
    this.args = args;
    const prompt = text(args["prompt"]);
    if (prompt) this.live.setAttribute("prompt", prompt);
    const count = Number(args["n"]);
    if (Number.isInteger(count) && count > 0 && count <= 10) this.live.setAttribute("count", String(count));
    if (!prompt && text(args["id"])) this.live.progress(`Getting ${text(args["id"]).slice(0, 40)}`);
  }

  /** What the server says about the job. */
  job(prompt: string, estimate: number | null): void {
    this.estimate = estimate ?? this.estimate;
    if (prompt && !this.live.getAttribute("prompt")) this.live.setAttribute("prompt", prompt);
  }

  /** An end without an image: an error, or words only. */
  end(result: Result): void {
    if (!result.error) {
      this.live.hidden = true;
      this.asked.replaceChildren(h("p", { class: "words", dir: "auto" }, result.words || "There is no image."));
      return;
    }
    const [message = "", ...hints] = (FACTS.exec(result.error)?.[1] ?? result.error).trim().split("\n");
    this.live.fail(message, hints.join("\n"));
    this.offer(result.error);
  }

  canceled(reason: string): void {
    this.live.fail("The call was canceled.", reason.slice(0, 500));
    this.offer("");
  }

  private offer(error: string): void {
    const prompt = text(this.args["prompt"]);
    if (!prompt) return;
    const price = this.estimate === null ? "" : ` (≈ ${dollars(this.estimate)})`;
    const isRefused = error.includes("do not retry unchanged");
    const words = isRefused
      ? `That was refused. Please change what has to be changed, and try again: ${JSON.stringify(prompt)}`
      : `Please try again: ${JSON.stringify(prompt)}`;
    const name = isRefused ? "Retry with a change" : "Retry";
    this.actions.replaceChildren(button(`${name}${price}`, () => void ask(this.chat, words, this.asked)));
    if (error.includes("check your usage page"))
      this.actions.append(h("span", { class: "soft" }, "The first try may have been charged."));
    this.actions.hidden = false;
  }
}
