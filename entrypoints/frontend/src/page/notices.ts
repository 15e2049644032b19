// Short messages in the corner of the page, which screen readers read out.

const SECONDS = 12;

function region(): HTMLElement {
  const found = document.getElementById("notices");
  if (!found) throw new Error("the page has no notices");
  return found;
}

/** Show a message, and a button that does `action`. It goes by itself; errors stay. */
export function notify(
  message: string,
  { hint = "", isError = false, action }: { hint?: string; isError?: boolean; action?: { name: string; run: () => void } } = {},
): void {
  const card = document.createElement("div");
  card.className = isError ? "card notice error" : "card notice";
  if (isError) card.setAttribute("role", "alert");
  for (const text of [message, hint].filter(Boolean)) {
    const line = document.createElement("p");
    line.dir = "auto";
    line.textContent = text;
    card.append(line);
  }
  const buttons = document.createElement("p");
  if (action) {
    buttons.append(
      button(action.name, () => {
        card.remove();
        action.run();
      }),
    );
  }
  buttons.append(button("Close", () => card.remove()));
  card.append(buttons);
  region().replaceChildren(card);
  if (!isError) removeLater(card);
}

/** What went wrong, with what to do about it. */
export function notifyError(error: unknown): void {
  const { message, hint = "" } = error as { message: string; hint?: string };
  notify(message, { hint, isError: true });
}

function button(name: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = name;
  made.addEventListener("click", run);
  return made;
}

function removeLater(card: HTMLElement): void {
  const timer = window.setInterval(() => {
    const isInUse = card.matches(":hover") || card.contains(document.activeElement);
    if (isInUse) return;
    window.clearInterval(timer);
    card.remove();
  }, SECONDS * 1000);
}

document.addEventListener("click", (event) => {
  const pressed = (event.target as Element).closest("[data-dismiss]");
  pressed?.closest(".notice")?.remove();
});
document.addEventListener("htmx:error", () => {
  notify("The server cannot be reached.", { hint: "Check that it runs, then try again.", isError: true });
});
