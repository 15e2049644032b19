// What is on a page beside its elements: times in the reader's time zone, timelines, deletion.
import { notify, notifyError } from "./notices";
import { call } from "./requests";

type JobTimeline = HTMLElement & { events: { at: string; type: string; text: string }[] };

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function showTimes(): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[datetime]:not([data-local])")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = format.format(at);
    time.dataset["local"] = "";
  }
}

function showTimelines(): void {
  for (const timeline of document.querySelectorAll<JobTimeline>("job-timeline[data-timeline]")) {
    timeline.events = JSON.parse(timeline.dataset["timeline"] ?? "[]");
  }
}

function showAll(): void {
  showTimes();
  showTimelines();
}

// A link of another site brings no cookie; the same address, asked for by this page, does.
if (document.querySelector("[data-ask-again]")) location.replace(location.href);

showAll();
document.addEventListener("htmx:after:swap", showAll);

document.addEventListener("click", (event) => {
  const pressed = (event.target as Element).closest<HTMLElement>("[data-delete]");
  if (pressed) void remove(pressed, pressed.dataset["delete"] ?? "");
});

async function remove(pressed: HTMLElement, id: string): Promise<void> {
  const post = { method: "POST", headers: { "Content-Type": "application/json" } };
  try {
    await call(`images/${id}`, { method: "DELETE" });
  } catch (error) {
    return notifyError(error);
  }
  pressed.toggleAttribute("disabled", true);
  const undo = () => {
    call(`images/${id}/restore`, post).then(() => {
      pressed.toggleAttribute("disabled", false);
      notify("The image is back.");
    }, notifyError);
  };
  notify("The image is in the trash.", { action: { name: "Undo", run: undo } });
}
