// The connection to the host: JSON-RPC over postMessage, as in MCP Apps 2026-01-26. No SDK: it has six times our bytes.
export type Json = Record<string, unknown>;
type Handler = (params: Json) => unknown;
type Waiting = { resolve: (result: Json) => void; reject: (error: Error) => void; timer: number };

export const PROTOCOL = "2026-01-26";
const TIMEOUT = 60_000; // ms; a host may ask its user first

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function object(value: unknown): Json {
  return isObject(value) ? value : {};
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Requests to the host, and the host's notifications. Only messages of the parent window count. */
export class Host {
  private readonly waiting = new Map<number, Waiting>();
  private readonly handlers = new Map<string, Handler>();
  private next = 1;

  constructor() {
    window.addEventListener("message", (event) => {
      if (event.source === window.parent && isObject(event.data)) this.receive(event.data);
    });
  }

  /** Call the handler with the params of each notification or request of this method. */
  on(method: string, handler: Handler): void {
    this.handlers.set(method, handler);
  }

  notify(method: string, params: Json = {}): void {
    this.post({ method, params });
  }

  /** The result; rejects with the host's error, or if there is none within `timeout` ms. */
  request(method: string, params: Json = {}, timeout = TIMEOUT): Promise<Json> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error("The host did not answer."));
      }, timeout);
      this.waiting.set(id, { resolve, reject, timer });
      this.post({ id, method, params });
    });
  }

  private post(message: Json): void {
    window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }

  private receive(message: Json): void {
    if (message["jsonrpc"] !== "2.0") return;
    const { id, method } = message;
    if (typeof method === "string") this.take(method, object(message["params"]), id);
    else if (typeof id === "number") this.settle(id, message);
  }

  private take(method: string, params: Json, id: unknown): void {
    const handler = this.handlers.get(method);
    const isRequest = typeof id === "number" || typeof id === "string";
    if (!handler) {
      if (isRequest) this.post({ id, error: { code: -32601, message: "Method not found" } });
      return;
    }
    handler(params);
    if (isRequest) this.post({ id, result: {} });
  }

  private settle(id: number, message: Json): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    window.clearTimeout(waiting.timer);
    if (isObject(message["error"])) waiting.reject(new Error(text(message["error"]["message"]) || "The host refused."));
    else waiting.resolve(object(message["result"]));
  }
}
