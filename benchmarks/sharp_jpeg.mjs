// Encodes PNG files as JPEG by the sharp of a checkout, as the older Node server does.
// Arguments: the checkout. A request is a line of JSON, {file, quality, out}; the reply is {cpu}, in ms.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const sharp = createRequire(resolve(process.argv[2], "package.json"))("sharp");
sharp.concurrency(1);
sharp.cache(false);

for await (const line of createInterface({ input: process.stdin })) {
  const { file, quality, out } = JSON.parse(line);
  const png = readFileSync(file);
  const before = process.cpuUsage();
  const jpeg = await sharp(png).jpeg({ quality, progressive: true, mozjpeg: true }).toBuffer();
  const { user, system } = process.cpuUsage(before);
  writeFileSync(out, jpeg);
  console.log(JSON.stringify({ cpu: (user + system) / 1000 }));
}
