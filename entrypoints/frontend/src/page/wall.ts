// The wall: all images, with search, and deletion that can be undone.
import type { GalleryWall, WallItem } from "../components/gallery-wall";
import { notify, notifyError } from "./notices";
import { call } from "./requests";

interface WallPage {
  items: WallItem[];
  next: string | null;
}

const wall = document.querySelector<GalleryWall>("gallery-wall");
const search = document.querySelector<HTMLFormElement>("#search");

if (wall) {
  const words = search?.querySelector<HTMLInputElement>('[name="search"]');
  wall.source = (cursor) => {
    const query = new URLSearchParams();
    if (cursor !== null) query.set("cursor", cursor);
    else if (words?.value) query.set("search", words.value);
    tellWhyEmpty(Boolean(words?.value));
    return call<WallPage>(`page/wall/items?${query}`);
  };
  search?.addEventListener("submit", (event) => {
    event.preventDefault();
    history.replaceState(null, "", `page/wall${words?.value ? `?${new URLSearchParams({ search: words.value })}` : ""}`);
    wall.refresh();
  });
  wall.addEventListener("wall-open", (event) => open(idOf(event)));
  wall.addEventListener("wall-delete", (event) => void remove(wall, idOf(event)));
}

function tellWhyEmpty(isSearch: boolean): void {
  document.querySelector("#no-images")?.toggleAttribute("hidden", isSearch);
  document.querySelector("#no-matches")?.toggleAttribute("hidden", !isSearch);
}

function idOf(event: Event): string {
  return (event as CustomEvent<{ id: string }>).detail.id;
}

function open(id: string): void {
  location.href = new URL(`page/wall/${id}`, document.baseURI).href;
}

async function remove(wall: GalleryWall, id: string): Promise<void> {
  try {
    await call(`images/${id}`, { method: "DELETE" });
  } catch (error) {
    return notifyError(error);
  }
  wall.remove(id);
  notify("The image is in the trash.", { action: { name: "Undo", run: () => void restore(wall, id) } });
}

async function restore(wall: GalleryWall, id: string): Promise<void> {
  try {
    await call(`images/${id}/restore`, { method: "POST", headers: { "Content-Type": "application/json" } });
    wall.restore(id);
    notify("The image is back.");
  } catch (error) {
    notifyError(error);
  }
}
