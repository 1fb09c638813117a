// Bundles scripts and styles for the web page into target/web: hashed names, packed, with a list of them.
// `make web` runs it; the build script of crates/hep embeds what it finds there.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

import { pruned, themed } from "./styles.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const out = join(root, "target", "web");
const patternfly = join(here, "node_modules", "@patternfly", "patternfly");

/** What a browser must know, at least. */
const TARGET = ["chrome111", "firefox115", "safari16.4"];
/** What the stylesheet of the page may weigh when it is packed by gzip, in bytes. */
const STYLES_LIMIT = 60 * 1024;

/** The parts of PatternFly that are in use. One that is not here does not exist for the templates. */
const COMPONENTS = [
  "Alert", "Breadcrumb", "Button", "Card", "Check", "CodeBlock", "Content", "DescriptionList",
  "EmptyState", "ExpandableSection", "Form", "FormControl", "HelperText", "Label", "List", "Masthead",
  "Nav", "Page", "Pagination", "Progress", "Radio", "SkipToContent", "Spinner", "Switch", "Table", "Tabs",
  "Title",
];

/** Scripts and styles: the name by which templates ask for one, and where it begins. */
const folder = join(here, "src", "islands");
const islands = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".js")) : [];
const scripts = { "app.js": "app.js", ...Object.fromEntries(islands.map((name) => [name, `islands/${name}`])) };

async function script(entry) {
  const made = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true, minify: true, write: false, format: "iife", target: TARGET, legalComments: "none",
    outdir: "unused",
  });
  return Object.fromEntries(made.outputFiles.map((file) => [file.path.endsWith(".css") ? "css" : "js", file.contents]));
}

/** All texts in which a class can be named. */
function sources() {
  const folders = [join(root, "crates/hep/templates"), join(root, "crates/hep/src/ui"), join(here, "src")];
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }));
  const texts = files.filter((file) => file.isFile()).map((file) => join(file.parentPath ?? file.path, file.name));
  return texts.map((path) => readFileSync(path, "utf8")).join("\n");
}

async function styles() {
  const kebab = (name) => name.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
  const parts = [
    themed(readFileSync(join(patternfly, "base/patternfly-variables.css"), "utf8")),
    readFileSync(join(patternfly, "base/patternfly-common.css"), "utf8"),
    ...COMPONENTS.map((name) => readFileSync(join(patternfly, "components", name, `${kebab(name)}.css`), "utf8")),
    readFileSync(join(patternfly, "components/Table/table-grid.css"), "utf8"),
    ...readdirSync(join(here, "src", "styles")).sort().map((name) => readFileSync(join(here, "src", "styles", name), "utf8")),
  ];
  const made = await build({
    stdin: { contents: pruned(parts.join("\n"), sources()), loader: "css" },
    minify: true, write: false, target: TARGET, legalComments: "none",
  });
  return made.outputFiles[0].contents;
}

function packed(bytes) {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  return { "": bytes, ".gz": gzipSync(bytes, { level: 9 }), ".br": brotliCompressSync(bytes, quality) };
}

const made = { "app.css": await styles(), "icon.svg": readFileSync(join(here, "src", "icon.svg")) };
for (const [name, entry] of Object.entries(scripts)) {
  const { js, css } = await script(entry);
  made[name] = js;
  if (css) made[name.replace(/\.js$/, ".css")] = css;
}

const fresh = `${out}.new`;
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const lines = [];
for (const [name, bytes] of Object.entries(made).sort()) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const hashed = name.replace(/\.(\w+)$/, `-${hash}.$1`);
  const files = packed(bytes);
  for (const [ending, content] of Object.entries(files)) writeFileSync(join(fresh, hashed + ending), content);
  lines.push(`${name} ${hashed}`);
  console.log(`${hashed}: ${bytes.length} bytes, ${files[".gz"].length} by gzip, ${files[".br"].length} by brotli`);
  if (name === "app.css" && files[".gz"].length > STYLES_LIMIT) {
    throw new Error(`the stylesheet is larger than ${STYLES_LIMIT} bytes: take a component out of COMPONENTS`);
  }
}
// Last, so that a list never names what is not there.
const list = `${lines.join("\n")}\n`;
writeFileSync(join(fresh, "list"), list);
if (existsSync(join(out, "list")) && readFileSync(join(out, "list"), "utf8") === list) {
  // The names hold the hashes: nothing has changed, and cargo need not build the program anew.
  rmSync(fresh, { recursive: true });
} else {
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
}
