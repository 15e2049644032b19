// Following a running job: the server's event log is read from a cursor, so nothing is lost and nothing comes twice.
import { type Json, isObject, object, text } from "./host";
import { dataUrl } from "./results";
import { Server } from "./server";

const PAUSE = 700; // ms between two answers that have no event
const WAIT = 2; // seconds that the server may wait for an event
const MOST_FAILURES = 4;

export type Progress = {
  progress(words: string, fraction?: number): void;
  partial(image: number, url: string): void;
  found(jobId: string, prompt: string, estimate: number | null): void;
  ended(result: Json): void;
};

export class Watcher {
  private generation = 0;

  constructor(private readonly server: Server) {}

  stop(): void {
    this.generation++;
  }

  /** Watch a job by its ID, or the newest open one with the prompt; ends any other watch. */
  async start(target: { job?: string; prompt?: string }, sink: Progress): Promise<void> {
    const generation = ++this.generation;
    let job = target.job ?? "";
    let cursor = 0;
    for (let failures = 0; failures < MOST_FAILURES && generation === this.generation; ) {
      try {
        const asked = job ? { job, cursor, wait: WAIT } : { prompt: target.prompt ?? "", wait: WAIT };
        const answer = await this.server.ask("watch_job", asked);
        if (generation !== this.generation) return;
        failures = 0;
        if (text(answer["jobId"]) && !job) job = text(answer["jobId"]);
        if (job) sink.found(job, text(answer["prompt"]), estimateOf(answer));
        cursor = Number(answer["cursor"]) || cursor;
        const events = Array.isArray(answer["events"]) ? answer["events"].filter(isObject) : [];
        for (const event of events) tell(event, sink);
        if (answer["ended"] === true) return await this.finish(job, generation, sink);
        if (!events.length) await pause(PAUSE);
      } catch {
        failures++;
        await pause(PAUSE * 2 ** failures);
      }
    }
  }

  private async finish(job: string, generation: number, sink: Progress): Promise<void> {
    const result = await this.server.call("get_image", { id: job });
    if (generation === this.generation) sink.ended(result);
  }
}

function estimateOf(answer: Json): number | null {
  return typeof answer["estimatedUsd"] === "number" ? answer["estimatedUsd"] : null;
}

function tell(event: Json, sink: Progress): void {
  const fraction = Number(event["progress"]) / 100;
  sink.progress(text(event["message"]), event["type"] === "JobDispatched" ? undefined : fraction);
  const url = dataUrl(event["mimeType"], object(event)["data"]);
  if (url) sink.partial(Number(event["image"]) || 0, url);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => window.setTimeout(resolve, ms));
}
