// What the viewer asks of the server, through the host: tools, or resources where a host passes on no tools.
import { Host, type Json, isObject, object, text } from "./host";
import { dataUrl } from "./results";

const CALL_TIMEOUT = 30_000;
const MOST_CHUNKS = 400;

type Piece = { data: string; type: string; chunks: number };

export class Server {
  /** Settled once the host has said what it can do, or has not answered. */
  ready: Promise<unknown> = Promise.resolve();
  private tools = true;

  constructor(private readonly host: Host) {}

  /** The structured content of the result; rejects with the text of an error. */
  async ask(name: string, args: Json, timeout = CALL_TIMEOUT): Promise<Json> {
    const result = await this.call(name, args, timeout);
    if (result["isError"] === true) {
      const [first] = Array.isArray(result["content"]) ? result["content"] : [];
      throw new Error(text(object(first)["text"]) || "The call failed.");
    }
    return object(result["structuredContent"]);
  }

  /** The whole result of a tool. */
  async call(name: string, args: Json, timeout = CALL_TIMEOUT): Promise<Json> {
    await this.ready;
    return this.host.request("tools/call", { name, arguments: args }, timeout);
  }

  /** The URL of an image in full, from chunks; `told` hears how much of it has come, from 0 to 1. */
  async full(id: string, told: (fraction: number) => void = () => undefined): Promise<string> {
    const parts: string[] = [];
    let type = "";
    for (let chunks = 1; parts.length < chunks; ) {
      const piece = await this.piece(id, parts.length + 1);
      chunks = Math.min(piece.chunks, MOST_CHUNKS);
      type ||= piece.type;
      parts.push(piece.data);
      told(parts.length / chunks);
    }
    return this.url(type, parts.join(""));
  }

  /** The URL of a smaller view. */
  async smaller(id: string, view: "preview" | "thumb"): Promise<string> {
    const found = await this.ask("read_image", { id, view });
    return this.url(text(found["mimeType"]), text(found["data"]));
  }

  private url(type: string, data: string): string {
    const url = dataUrl(type, data);
    if (!url) throw new Error("The server sent no image.");
    return url;
  }

  private async piece(id: string, chunk: number): Promise<Piece> {
    if (this.tools)
      try {
        const found = await this.ask("read_image", { id, chunk });
        return { data: text(found["data"]), type: text(found["mimeType"]), chunks: Number(found["chunks"]) || 1 };
      } catch (error) {
        if (chunk > 1) throw error;
        const piece = await this.resource(id, chunk).catch(() => Promise.reject(error));
        this.tools = false;
        return piece;
      }
    return this.resource(id, chunk);
  }

  /** The same chunk as a resource, which has another size. Its type is that of the first bytes. */
  private async resource(id: string, chunk: number): Promise<Piece> {
    const read = await this.host.request("resources/read", { uri: `image://${id}/chunk/${chunk}` }, CALL_TIMEOUT);
    const [contents] = Array.isArray(read["contents"]) ? read["contents"].filter(isObject) : [];
    const data = text(contents?.["blob"]);
    if (!data) throw new Error("The server sent no image.");
    return { data, type: typeOf(data), chunks: Number(object(contents?.["_meta"])["chunks"]) || 1 };
  }
}

function typeOf(base64: string): string {
  if (base64.startsWith("/9j/")) return "image/jpeg";
  if (base64.startsWith("UklGR")) return "image/webp";
  return base64.slice(4, 16).includes("Z0eX") ? "image/avif" : "image/png";
}
