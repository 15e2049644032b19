// A button that sends a message to the model. Where the host takes none, the words are there to be copied.
import { h } from "../components/element";
import { Chat } from "./chat";

/** Send the words; on failure show them in `place`, for the person to send. */
export async function ask(chat: Chat, words: string, place: HTMLElement): Promise<void> {
  place.replaceChildren(h("p", { class: "soft", role: "status" }, "Asking…"));
  if (await chat.say(words)) {
    place.replaceChildren(h("p", { class: "soft", role: "status" }, "Sent to the chat."));
    return;
  }
  const box = h("textarea", { readonly: true, rows: 3, "aria-label": "Message for the chat" }, words);
  box.addEventListener("focus", () => box.select());
  const note = h("p", { class: "soft", role: "status" }, "This chat takes no messages from here. Send this one yourself:");
  place.replaceChildren(note, box);
  box.focus();
}

/** A button; its words change where the money does. */
export function button(words: string, onclick: () => void, more: Record<string, string> = {}): HTMLButtonElement {
  return h("button", { type: "button", onclick, ...more }, words);
}
