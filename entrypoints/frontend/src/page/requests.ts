// Requests to this server: those of htmx and our own have the CSRF token of the session.
import htmx from "htmx.org";

const CSRF_HEADER = "X-CSRF-Token";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}

window.htmx = htmx;

/** An error that the server explains; `hint` says what to do. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly hint: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = (event as CustomEvent).detail;
  ctx.request.headers[CSRF_HEADER] = csrfToken();
});

/** The JSON of a response. `path` has no slash at its start; throws Refused. */
export async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json");
  headers.set(CSRF_HEADER, csrfToken());
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, credentials: "same-origin" });
  } catch {
    throw new Refused("The server cannot be reached.", "Check that it runs, then try again.", 0);
  }
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) location.reload(); // the server then asks for the token
  if (!response.ok) {
    const message = body.message ?? `The server answered ${response.status}.`;
    throw new Refused(message, body.hint ?? "", response.status);
  }
  return body as T;
}
