// Jobs on the page: their events come from the server as they happen, and their end replaces them.
import type { LivePartials } from "../components/live-partials";
import htmx from "htmx.org";

interface JobEvent {
  message: string;
  progress?: number;
  picture?: number;
  partialImage?: string;
}

const STEPS = ["started", "cache_hit", "cache_failed", "queued", "dispatched"];
const followed = new WeakSet<Element>();

/** Follow each job below this element that runs and is not followed yet. */
export function followRuns(root: ParentNode): void {
  for (const run of root.querySelectorAll<HTMLElement>("[data-events]")) {
    if (!followed.has(run)) follow(run);
  }
}

function follow(run: HTMLElement): void {
  followed.add(run);
  const live = run.querySelector<LivePartials>("live-partials");
  const source = new EventSource(run.dataset["events"] ?? "");
  const listen = (type: string, use: (event: JobEvent) => void) =>
    source.addEventListener(type, (message) => use(JSON.parse((message as MessageEvent<string>).data)));
  for (const step of STEPS) listen(step, (event) => progress(live, event));
  listen("partial", (event) => {
    live?.show(event.picture ?? 0, `data:image/png;base64,${event.partialImage ?? ""}`);
    progress(live, event);
  });
  const end = () => {
    source.close();
    if (run.isConnected) htmx.trigger(run, "ended"); // the server's page of it takes its place
  };
  listen("finished", end);
  listen("failed", end);
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) end(); // the server has no more events
  });
}

function progress(live: LivePartials | null, { message, progress }: JobEvent): void {
  live?.progress(message, progress === undefined ? undefined : progress / 100);
}

document.addEventListener("htmx:after:settle", () => followRuns(document));
document.addEventListener("htmx:after:swap", () => followRuns(document));
followRuns(document);
