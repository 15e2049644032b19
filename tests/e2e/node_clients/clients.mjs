// Clients of OpenAI's Images API, unmodified. Reads one call a line, and answers each in one line:
// {client, method, baseURL, apiKey, options, headers, body} -> {images, urls, ...} or {error}.
import { createInterface } from "node:readline";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage } from "ai";
import OpenAI, { toFile } from "openai";

const bytes = (text) => Buffer.from(text, "base64");
const file = (text, at = 0) => toFile(bytes(text), `${at}.png`, { type: "image/png" });

const openai = ({ baseURL, apiKey, options, headers = {} }) => {
  const client = new OpenAI({ baseURL, apiKey, ...options });
  return {
    generate: async (body) => reply(await client.images.generate(body, { headers })),
    edit: async ({ image, mask, ...body }) => {
      const files = { image: await Promise.all(image.map(file)), mask: mask && (await file(mask)) };
      return reply(await client.images.edit({ ...body, ...files }, { headers }));
    },
    post: async ({ path, ...body }) => reply(await client.post(path, { body, headers })),
    models: async () => ({ models: (await client.models.list()).data }),
    model: async ({ name }) => ({ models: [await client.models.retrieve(name)] }),
  };
};

const reply = async (answer) => {
  if (!answer.data) {
    const events = [];
    for await (const event of answer) events.push(event);
    return { events };
  }
  const { data, ...facts } = answer;
  return { ...facts, images: data.map((each) => each.b64_json), urls: data.map((each) => each.url) };
};

const ai = ({ baseURL, apiKey, options: { timeout, ...options } = {}, headers }) => {
  const provider = createOpenAICompatible({ name: "gptimage", baseURL, apiKey, headers });
  const generate = async ({ model, prompt, n, size, ...rest }) => {
    const asked = { model: provider.imageModel(model), prompt, n, size, ...options };
    if (timeout) asked.abortSignal = AbortSignal.timeout(timeout); // it has no time limit of its own
    const { images, usage } = await generateImage({ ...asked, providerOptions: { gptimage: rest } });
    return { images: images.map((each) => each.base64), types: images.map((each) => each.mediaType), usage };
  };
  const edit = ({ image, mask, prompt, ...body }) =>
    generate({ ...body, prompt: { text: prompt, images: image.map(bytes), mask: mask && bytes(mask) } });
  return { generate, edit };
};

const failure = (error) => {
  const last = error.lastError ?? error; // of the Vercel AI SDK's RetryError
  const body = last.data?.error ?? last;
  const { message, type, param, code } = body;
  return { class: last.constructor.name, name: last.name, status: last.status ?? last.statusCode, message, type, param, code };
};

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  let answer;
  try {
    answer = await { openai, ai }[call.client](call)[call.method](call.body ?? {});
  } catch (error) {
    answer = { error: failure(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
