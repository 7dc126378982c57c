// Prints the licences of everything that a release contains besides Muster's own code: the crates of the server and of the browser
// files, and DuckDB. Texts that several crates share are printed once.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const FEATURES = "app/hydrate,muster-server/bundled";
const LICENCE = /^(un)?(licen[cs]e|copying|notice|copyright)/i;

const options = ["metadata", "--format-version", "1", "--locked", "--offline", "--features", FEATURES];
const metadata = JSON.parse(execFileSync("cargo", options, { encoding: "utf8", maxBuffer: 1 << 28 }));
const packages = new Map(metadata.packages.map((one) => [one.id, one]));
const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));

// Everything that the two programs are built from; crates that only tests or build scripts need are no part of them.
const found = new Set();
const open = metadata.packages.filter((one) => ["muster-server", "app"].includes(one.name)).map((one) => one.id);
while (open.length > 0) {
  const id = open.pop();
  if (found.has(id)) continue;
  found.add(id);
  const normal = nodes.get(id).deps.filter((dep) => dep.dep_kinds.some((kind) => kind.kind === null));
  open.push(...normal.map((dep) => dep.pkg));
}

function texts(one) {
  const folder = dirname(one.manifest_path);
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && LICENCE.test(entry.name));
  const read = names.map((entry) => readFileSync(join(folder, entry.name), "utf8").trim());
  return read.length > 0 ? read : [`It is licensed under ${one.license}.`];
}

const byText = new Map([[readFileSync(join(import.meta.dirname, "LICENSE-duckdb"), "utf8").trim(), ["DuckDB"]]]);
const foreign = [...found].map((id) => packages.get(id)).filter((one) => one.source !== null);
for (const one of foreign.sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version))) {
  for (const text of texts(one)) {
    byText.set(text, [...(byText.get(text) ?? []), `${one.name} ${one.version} (${one.license})`]);
  }
}
const rule = "-".repeat(100);
for (const [text, names] of byText) console.log(`${rule}\n${names.join("\n")}\n${rule}\n\n${text}\n`);
