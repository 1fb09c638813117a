// All pages that the router knows, with something to show on each of them.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { hep, ofFleet } from "./server.mjs";

/** One of each noun, what stands in the places of paths, and other views of some pages; the benchmarks use it, too. */
const nouns = JSON.parse(readFileSync(new URL("nouns.json", import.meta.url), "utf8"));

/** Fewer pages than this mean that the list is not what it was. */
const LEAST = 70;

/** Makes one of each noun on a server, `web1` on a real host, and runs of several kinds; the ids of what has no name. */
export async function fill(server) {
  await server.breadth(3);
  const [address] = ofFleet("breadth/addresses").split("\n");
  const port = Number(ofFleet("breadth/port"));
  const labels = { env: "prod", site: "a-place-with-a-name-that-is-long" };
  await server.call("POST", "/hosts", { name: "web1", address, port, credential: "fleet", labels });
  // The port of nobody.
  await server.call("POST", "/hosts", { name: "gone", address: "127.0.0.1", port: 1, credential: "fleet" });
  const ids = {};
  for (const [path, body] of nouns.make) {
    const made = await server.call("POST", path, body);
    ids[path.slice(1)] = made.id;
  }
  const line = "printf '\\033[31mred\\033[0m said\\n'; echo \"a line that is long: $(seq -s ' ' 1 200)\"; echo bad >&2; exit 3";
  ids.runs = (await server.run({ kind: "command", line }, "web1,gone,h0001,h0002")).id;
  const files = { "main.yml": "- name: A file\n  copy: {content: \"said\\n\", dest: /tmp/hep-never-made}\n" };
  const plan = { subject: { kind: "manifest", files, entry: "main.yml" }, selector: "web1", strategy: { approval: true } };
  ids.plan = (await server.call("POST", "/runs", plan)).id;
  const long = { subject: { kind: "command", line: "echo said; sleep 600" }, selector: "web1,h0001" };
  ids.live = (await server.call("POST", "/runs", long)).id;
  await server.run({ kind: "verb", verb: "facts" }, "web1");
  const is = async (id, state) => (await server.call("GET", `/runs/${id}`)).state === state;
  await server.until(async () => (await is(ids.plan, "waiting")) && (await is(ids.live, "running")), "the runs");
  return ids;
}

/** The path with its places filled, and the same with each other view of it. */
function filled(path, ids) {
  const noun = path.split("/")[2];
  const own = { name: ids[noun] && ["grants", "tokens"].includes(noun) ? ids[noun] : nouns.places.name, id: ids[noun] ?? ids.runs };
  const address = path.replaceAll(/\{(\w+)\}/g, (place, name) => {
    const value = own[name] ?? nouns.places[name];
    assert(value, `${path}: nobody knows what stands for ${place}: say so in nouns.json`);
    return value;
  });
  return ["", ...(nouns.more[path] ?? [])].map((view) => address + view);
}

/** The addresses of all pages whoever has signed in can open, as `person` finds them. */
export async function pages(person, ids) {
  const routes = execFileSync(hep, ["pages"], { encoding: "utf8" }).trim().split("\n").map((line) => line.split(" "));
  const paths = routes.filter(([method]) => method === "GET").map(([, path]) => path);
  const found = [];
  for (const path of paths) {
    if (nouns.streams.some((end) => path.endsWith(end))) continue;
    for (const address of filled(path, ids)) {
      const answer = await person.context.request.get(address, { maxRedirects: 0 });
      if (nouns.redirects.includes(path)) {
        assert.equal(answer.status(), 303, address);
        continue;
      }
      const isWrong = answer.status() === 422 && address.includes("selector=web%5B");
      assert(answer.status() === 200 || isWrong, `${address}: ${answer.status()} ${await answer.text()}`);
      // Data and parts of pages are seen where they are used.
      if ((await answer.text()).trimEnd().endsWith("</html>")) found.push(address);
    }
  }
  for (const id of [ids.plan, ids.live]) found.push(`/ui/runs/${id}`, `/ui/runs/${id}?show=changes`);
  found.push(`/ui/runs/${ids.live}/sure?do=cancel`, `/ui/runs/${ids.plan}/sure?do=reject`, "/ui/nowhere");
  assert(found.length >= LEAST, `only ${found.length} pages`);
  return found;
}
