// What the viewer says to the model: messages that ask for the next step, and the image that the person has chosen.
import { Host, type Json, isObject, object } from "./host";
import { dataUrl } from "./results";

export class Chat {
  private can: Json = {};

  constructor(private readonly host: Host) {}

  /** What the host says that it can do. */
  take(capabilities: unknown): void {
    this.can = object(capabilities);
  }

  /** Write a message of the user into the chat; false if the host does not take it. */
  async say(words: string): Promise<boolean> {
    try {
      const answer = await this.host.request("ui/message", { role: "user", content: [{ type: "text", text: words }] });
      return answer["isError"] !== true;
    } catch {
      return false;
    }
  }

  /** Tell the model what is chosen, for its next turn; hosts that take nothing are left alone. */
  choose(image: string, mask = ""): void {
    const marked = mask ? ` and has marked a part of it: its mask is ${mask}` : "";
    const words = `In the image viewer the user has chosen ${image}${marked}. "This image" means it.`;
    const facts: Json = mask ? { imageId: image, maskId: mask } : { imageId: image };
    this.host
      .request("ui/update-model-context", { content: [{ type: "text", text: words }], structuredContent: facts })
      .catch(() => undefined);
  }

  /** Whether the host saves files itself; in most others the frame may start a download. */
  get saves(): boolean {
    return isObject(this.can["downloadFile"]);
  }

  /** Let the host save a file; false if it does not. */
  async save(name: string, url: string): Promise<boolean> {
    const [head = "", blob = ""] = url.split(",", 2);
    const type = /^data:([\w/+-]+);base64$/.exec(head)?.[1] ?? "";
    if (!dataUrl(type, blob)) return false;
    const resource = { uri: `file:///${encodeURIComponent(name)}`, mimeType: type, blob };
    try {
      const answer = await this.host.request("ui/download-file", { contents: [{ type: "resource", resource }] });
      return answer["isError"] !== true;
    } catch {
      return false;
    }
  }
}
