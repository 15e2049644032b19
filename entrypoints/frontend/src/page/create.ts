// The form in which images are made: masks are stored before it is sent, and files are uploaded.
import { notifyError } from "./notices";
import { call } from "./requests";

type MaskPainter = HTMLElement & { toBlob(): Promise<Blob> };

const form = document.querySelector<HTMLFormElement>("#create");

if (form) {
  keepMask(form);
  focusPrompt(form);
  takeFiles(form);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

/** Without scrolling, for in a narrow window the image to be edited is above the form. */
function focusPrompt(form: HTMLFormElement): void {
  form.querySelector<HTMLElement>("#prompt:not([autofocus])")?.focus({ preventScroll: true });
}

/** The mask is stored once for each change of it, and the form then names it. */
function keepMask(form: HTMLFormElement): void {
  const maskPainter = document.querySelector<MaskPainter>("mask-painter");
  const field = form.querySelector<HTMLInputElement>('input[name="mask"]');
  if (!maskPainter || !field) return;
  let isStored = true;
  let isEmpty = true;
  maskPainter.addEventListener("mask-change", (event) => {
    isEmpty = (event as CustomEvent<{ empty: boolean }>).detail.empty;
    isStored = isEmpty;
    field.value = "";
  });
  form.addEventListener(
    "submit",
    (event) => {
      if (isStored) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const submitter = (event as SubmitEvent).submitter;
      void store(maskPainter).then((id) => {
        field.value = id;
        isStored = true;
        form.requestSubmit(submitter);
      }, notifyError);
    },
    { capture: true },
  );
}

async function store(maskPainter: MaskPainter): Promise<string> {
  const mask = await maskPainter.toBlob();
  const image = encodeURIComponent(maskPainter.dataset["image"] ?? "");
  const headers = { "Content-Type": "image/png" };
  const stored = await call<{ id: string }>(`masks?image=${image}`, { method: "POST", headers, body: mask });
  return stored.id;
}

/** Files that are dropped or chosen are stored, and opened for an edit. */
function takeFiles(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("#file");
  const drop = form.querySelector<HTMLElement>("#drop");
  if (!input || !drop) return;
  input.addEventListener("change", () => void edit(input.files));
  for (const type of ["dragover", "drop", "dragleave"]) {
    document.addEventListener(type, (event) => {
      const { dataTransfer } = event as DragEvent;
      if (!dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.toggle("over", type === "dragover");
      if (type === "drop") void edit(dataTransfer.files);
    });
  }
}

async function edit(files: FileList | null): Promise<void> {
  if (!files?.length) return;
  const body = new FormData();
  for (const file of files) body.append("image", file);
  try {
    const { images } = await call<{ images: { id: string }[] }>("uploads", { method: "POST", body });
    const query = new URLSearchParams(images.map(({ id }) => ["edit", id]));
    location.href = new URL(`page/create?${query}`, document.baseURI).href;
  } catch (error) {
    notifyError(error);
  }
}
