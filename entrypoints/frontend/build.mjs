// Builds dist/ from src/: `npm ci --ignore-scripts && npm run build`. The built files are committed.
import { build } from "esbuild";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(root, "dist");
const options = {
  absWorkingDir: root,
  bundle: true,
  charset: "utf8",
  format: "iife",
  legalComments: "inline",
  loader: { ".css": "text" },
  minify: true,
  target: ["chrome120", "firefox121", "safari17"],
  write: false,
};

async function bundle(entry, more = {}) {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], ...more });
  return outputFiles[0].text;
}

/** The page at `/`: one script with the components and htmx, and one style sheet. */
async function page() {
  await writeFile(join(out, "page.js"), await bundle("src/page/page.ts"));
  const css = await bundle("src/page/page.css", { loader: { ".css": "css" } });
  await writeFile(join(out, "page.css"), css);
}

/** The viewer in a chat: one file without any reference to another one. */
async function viewer() {
  const html = await readFile(join(root, "src/viewer/viewer.html"), "utf8");
  const script = (await bundle("src/viewer/viewer.ts")).replaceAll("</script", "<\\/script");
  const style = await bundle("src/viewer/viewer.css", { loader: { ".css": "css" } });
  const whole = html.replace("/*style*/", () => style).replace("/*script*/", () => script);
  await writeFile(join(out, "viewer.html"), whole);
}

await mkdir(out, { recursive: true });
if (existsSync(join(root, "src/page/page.ts"))) await page();
if (existsSync(join(root, "src/viewer/viewer.ts"))) await viewer();
