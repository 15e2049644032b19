// Builds dist/ from src/: `npm ci --ignore-scripts && npm run build`. The built files are committed.
import { build, transform } from "esbuild";
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
  minify: true,
  target: ["chrome120", "firefox121", "safari17"],
  write: false,
};

/** Style sheets that a script imports are minified texts. */
const styles = {
  name: "styles",
  setup({ onLoad, initialOptions }) {
    if (initialOptions.entryPoints[0].endsWith(".css")) return;
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transform(source, { loader: "css", minify: true, target: options.target });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

async function bundle(entry) {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], plugins: [styles] });
  return outputFiles[0].text;
}

/** The page at `/`: one script with the components and htmx, and one style sheet. */
async function page() {
  await writeFile(join(out, "page.js"), await bundle("src/page/page.ts"));
  const css = await bundle("src/page/page.css");
  await writeFile(join(out, "page.css"), css);
}

/** The viewer in a chat: one file without any reference to another one. */
async function viewer() {
  const html = await readFile(join(root, "src/viewer/viewer.html"), "utf8");
  const script = (await bundle("src/viewer/viewer.ts")).replaceAll("</script", "<\\/script");
  const style = await bundle("src/viewer/viewer.css");
  const whole = html.replace("/*style*/", () => style).replace("/*script*/", () => script);
  await writeFile(join(out, "viewer.html"), whole);
}

await mkdir(out, { recursive: true });
if (existsSync(join(root, "src/page/page.ts"))) await page();
if (existsSync(join(root, "src/viewer/viewer.ts"))) await viewer();
