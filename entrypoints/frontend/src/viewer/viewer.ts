// The viewer of images in a chat: waits with partial images, shows the image, and talks back to the model.
import "../components/image-view";
import "../components/live-partials";
import "../components/mask-painter";
import { h } from "../components/element";
import { Chat } from "./chat";
import { Frame } from "./frame";
import { Host, type Json, PROTOCOL, object, text } from "./host";
import { ImagePanel } from "./image-panel";
import { Mini } from "./mini";
import { readResult } from "./results";
import { Server } from "./server";
import { WaitingPanel } from "./waiting-panel";
import { Watcher } from "./watching";

const ANSWER_TIMEOUT = 5_000; // ms; a host that never answers still gets a viewer

class Viewer {
  private readonly main = document.getElementById("viewer") as HTMLElement;
  private readonly host = new Host();
  private readonly server = new Server(this.host);
  private readonly watcher = new Watcher(this.server);
  private readonly frame = new Frame(this.host, this.main, () => this.refresh());
  private readonly chat = new Chat(this.host);
  private readonly waiting = new WaitingPanel(this.chat);
  private readonly image = new ImagePanel(this.server, this.frame, this.chat, (result) => this.show(result));
  private readonly mini = new Mini(this.frame);
  private readonly panel = h("div");
  private args: Json = {};
  private job = "";
  private shown = "";
  private isOver = false;

  constructor() {
    this.panel.replaceChildren(this.waiting.node);
    this.main.replaceChildren(this.mini.node, this.panel);
    this.host.on("ui/notifications/tool-input-partial", (params) => this.input(params, false));
    this.host.on("ui/notifications/tool-input", (params) => this.input(params, true));
    this.host.on("ui/notifications/tool-result", (params) => this.show(params));
    this.host.on("ui/notifications/tool-cancelled", (params) => this.cancel(text(params["reason"])));
    this.host.on("ui/resource-teardown", () => this.watcher.stop());
    this.host.on("ping", () => undefined);
    this.server.ready = this.connect();
  }

  private async connect(): Promise<void> {
    const params = {
      protocolVersion: PROTOCOL,
      appInfo: { name: "gpt-image-viewer", version: "1" },
      appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    };
    try {
      const answer = await this.host.request("ui/initialize", params, ANSWER_TIMEOUT);
      this.chat.take(answer["hostCapabilities"]);
      this.frame.take(object(answer["hostContext"]));
    } finally {
      this.host.notify("ui/notifications/initialized");
    }
  }

  /** The arguments of the call; a partial one is shown, and not acted on. */
  private input(params: Json, isWhole: boolean): void {
    const args = object(params["arguments"]);
    if (this.isOver) {
      if (isWhole) this.image.arguments(args);
      return;
    }
    this.args = args;
    this.waiting.arguments(args);
    if (isWhole) this.watch();
  }

  private refresh(): void {
    this.image.refresh();
    this.mini.refresh();
  }

  private watch(): void {
    const id = text(this.args["id"]);
    const prompt = text(this.args["prompt"]);
    const job = this.job || (id.startsWith("job_") ? id : "");
    if (!job && !prompt) return;
    void this.watcher.start(job ? { job } : { prompt }, {
      progress: (words, fraction) => {
        this.waiting.live.progress(words, fraction);
        this.mini.tell(words);
      },
      partial: (image, url) => {
        this.waiting.live.show(image, url);
        this.mini.show(url);
      },
      found: (found, words, estimate) => {
        this.job = found;
        this.waiting.job(words, estimate);
      },
      ended: (result) => this.show(result),
    });
  }

  /** A result of the host, or one that the viewer has fetched itself. */
  private show(params: Json): void {
    const result = readResult(params);
    this.job = result.jobId || this.job;
    if (result.isRunning) return this.watch();
    this.watcher.stop();
    const shown = result.images.map((image) => image.id).join(" ");
    if (shown && shown === this.shown) return; // the viewer was faster than the host
    this.shown = shown;
    this.isOver = true;
    if (result.images.length) {
      this.image.show(result, this.args);
      this.panel.replaceChildren(this.image.node);
    } else {
      this.waiting.end(result);
      this.panel.replaceChildren(this.waiting.node);
    }
    this.mini.show(result.images[0]?.preview ?? "");
    this.mini.tell(result.error || text(this.args["prompt"]) || result.words);
  }

  /** The call was canceled. A job that was sent goes on, and may be paid: the viewer follows it. */
  private cancel(reason: string): void {
    if (this.isOver) return;
    if (this.job) return this.waiting.live.progress("The call was canceled. The image may still come.");
    this.watcher.stop();
    this.waiting.canceled(reason);
    this.mini.tell("The call was canceled.");
  }
}

new Viewer();
