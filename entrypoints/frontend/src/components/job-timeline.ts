// <job-timeline>: the events of a job in their order, and how the time passed between them.
import { Component, define, h, short } from "./element";
import styles from "./job-timeline.css";

export interface TimelineEvent {
  /** ISO 8601. */
  at: string;
  type: string;
  text: string;
}

const TONES: [RegExp, string][] = [
  [/fail|error|refus|cancel|lost/i, "bad"],
  [/finish|complete|deliver|done|cache_?hit/i, "good"],
  [/partial|dispatch|accept|start/i, "live"],
];
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export class JobTimeline extends Component {
  private shown: TimelineEvent[] = [];
  private readonly track = h("div", { class: "track", "aria-hidden": "true", hidden: true });
  private readonly list = h("ol");
  private readonly none = h("p", { class: "none" }, "No events yet.");

  constructor() {
    super(styles);
    this.root.append(this.track, this.list, this.none);
  }

  /** The events, oldest first. Setting more of them adds to what is shown. */
  get events(): TimelineEvent[] {
    return this.shown;
  }

  set events(events: TimelineEvent[]) {
    const same = this.shown.every((event, at) => {
      const now = events[at];
      return now?.at === event.at && now.type === event.type && now.text === event.text;
    });
    if (!same) this.list.replaceChildren();
    this.shown = [...events];
    for (let at = this.list.children.length; at < events.length; at += 1) this.list.append(this.row(at));
    this.none.hidden = events.length > 0;
    this.scale();
  }

  connectedCallback(): void {
    this.upgrade("events");
  }

  private row(at: number): HTMLLIElement {
    const { at: moment, type, text } = this.shown[at] as TimelineEvent;
    const time = new Date(moment);
    const isTime = !Number.isNaN(time.getTime());
    const before = new Date(this.shown[at - 1]?.at ?? "").getTime();
    const passed = at > 0 && isTime ? duration(time.getTime() - before) : "";
    const when = h(
      "time",
      { class: "numbers", datetime: isTime ? time.toISOString() : null },
      isTime ? clock.format(time) : "–",
      passed ? h("span", { class: "passed" }, `+${passed}`) : null,
    );
    const name = short(type, 40).replaceAll("_", " ");
    const body = h(
      "div",
      { class: "body" },
      h("span", { class: "type", dir: "auto" }, name.charAt(0).toUpperCase() + name.slice(1)),
      text ? h("div", { class: "text", dir: "auto", tabindex: text.length > 600 ? 0 : null }, text) : null,
    );
    return h("li", { class: tone(type) }, when, body);
  }

  /** A line on which each event lies where it happened. */
  private scale(): void {
    const times = this.shown.map((event) => new Date(event.at).getTime());
    const [first = NaN, last = NaN] = [times[0], times.at(-1)];
    this.track.hidden = !(last > first);
    if (this.track.hidden) return;
    const dots = times.map((time, at) => {
      const dot = h("i", { class: tone(this.shown[at]?.type ?? "") });
      dot.style.setProperty("--at", `${((time - first) / (last - first)) * 100}%`);
      dot.hidden = Number.isNaN(time);
      return dot;
    });
    this.track.replaceChildren(...dots);
  }
}

function tone(type: string): string {
  return TONES.find(([pattern]) => pattern.test(type))?.[1] ?? "";
}

function duration(milliseconds: number): string {
  if (!(milliseconds >= 0)) return "";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

define("job-timeline", JobTimeline);
