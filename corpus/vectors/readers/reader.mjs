// Reads the vectors: node reader.mjs FOLDER prints each case as `id verdict status hex-of-the-input`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const part = p =>
  typeof p === "string" ? Buffer.from(p, "latin1")
    : "base64" in p ? Buffer.from(p.base64, "base64")
      : Buffer.from(p.repeat.repeat(p.times), "latin1");

export function* cases(folder) {
  for (const name of readdirSync(folder).filter(name => name.endsWith(".json") && name !== "schema.json").sort()) {
    yield* JSON.parse(readFileSync(join(folder, name), "utf8")).cases;
  }
}

for (const { id, verdict, status, input } of cases(process.argv[2])) {
  process.stdout.write(`${id} ${verdict} ${status} ${Buffer.concat(input.map(part)).toString("hex")}\n`);
}
