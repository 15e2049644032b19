// What a tool result says: images, a job that still runs, or an error. Hosts drop parts of results, so each part may be missing.
import { type Json, isObject, object, text } from "./host";

export type ShownImage = { id: string; preview: string; width: number; height: number; format: string; path: string };

export type Result = {
  images: ShownImage[];
  jobId: string;
  isRunning: boolean;
  error: string;
  words: string;
  facts: Json;
};

const IMAGE_TYPE = /^image\/(png|jpeg|webp|avif|gif)$/;
const BASE64 = /^[A-Za-z0-9+/=]+$/;
const IMAGE_ID = /\bimg_[0-9a-f]{8,64}\b/g;
const JOB_ID = /\bjob_[0-9a-f]{32}\b/;

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** A data: URL of an image; empty for any other type, and for data that is not base64. */
export function dataUrl(type: unknown, data: unknown): string {
  const isImage = IMAGE_TYPE.test(text(type)) && BASE64.test(text(data));
  return isImage ? `data:${text(type)};base64,${text(data)}` : "";
}

export function readResult(result: Json): Result {
  const content = list(result["content"]).filter(isObject);
  const words = content.filter((each) => each["type"] === "text").map((each) => text(each["text"])).join("\n");
  const blocks = content.filter((each) => each["type"] === "image").map((each) => dataUrl(each["mimeType"], each["data"]));
  const facts = object(result["structuredContent"]);
  const jobId = text(facts["jobId"]) || (JOB_ID.exec(words)?.[0] ?? "");
  const isError = result["isError"] === true;
  const images = isError ? [] : imagesOf(facts, words, blocks);
  const isRunning = !isError && !images.length && (facts["state"] === "painting" || (!facts["state"] && Boolean(jobId)));
  return { images, jobId, isRunning, error: isError ? words || "The call failed." : "", words, facts };
}

/** The images of the facts, or of the text if the host has dropped those; a preview belongs to each that is shown. */
function imagesOf(facts: Json, words: string, blocks: string[]): ShownImage[] {
  const entries = list(facts["images"]).filter(isObject);
  const previews = [...blocks];
  if (entries.length)
    return entries.map((entry) => ({
      id: text(entry["id"]),
      preview: entry["shown"] === "none" ? "" : (previews.shift() ?? ""),
      width: number(entry["width"]),
      height: number(entry["height"]),
      format: text(entry["format"]) || "png",
      path: text(entry["path"]),
    }));
  const ids = [...new Set(words.match(IMAGE_ID) ?? [])];
  return blocks.map((preview, at) => ({ id: ids[at] ?? "", preview, width: 0, height: 0, format: "png", path: "" }));
}

/** US dollars as people write them. */
export function dollars(value: number): string {
  return `$${value < 0.01 ? value.toFixed(4) : value.toFixed(2)}`;
}

/** What the result cost and where it came from, in a few words. */
export function costWords(facts: Json): string {
  const source = text(facts["servedFrom"]);
  const cost = facts["costUsd"];
  const estimate = facts["estimatedUsd"];
  if (source && source !== "provider") {
    const saved = number(facts["savedUsd"]);
    const from = source === "joined" ? "shared with an equal request" : "from the cache";
    return saved ? `${from}, saved ${dollars(saved)}` : from;
  }
  if (typeof cost === "number") return cost === 0 ? "free" : dollars(cost);
  return typeof estimate === "number" ? `about ${dollars(estimate)}` : "";
}

/** What the same call would cost again, in US dollars; null if that is not known. */
export function priceOf(facts: Json): number | null {
  const known = [facts["costUsd"], facts["savedUsd"], facts["estimatedUsd"]];
  return known.map(number).find((each) => each > 0) ?? null;
}
