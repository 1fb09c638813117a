// The page of a run on many hosts while it prints fifty thousand lines: it answers all the time, shows and keeps every
// line, and does not move under somebody who reads. `make test-long` has it with five hundred hosts.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser } from "./lib/browser.mjs";
import { Server } from "./lib/server.mjs";

/** Hosts, the lines that each of them prints, and how many it prints at once. */
const HOSTS = Number(process.env.HEP_LIVE_HOSTS ?? 100);
const LINES = 50_000 / HOSTS;
const AT_ONCE = LINES / 10;
/** How long the run may take, in milliseconds. */
const RUNS_MS = 240_000;
/** The longest that the page may be busy without a pause, in milliseconds. */
const BUSY_MS = 100;
/** How far a line that is read may move, in pixels. */
const MOVED = 1;
/** How long somebody reads, in milliseconds. */
const READING_MS = 4000;

describe(`${HOSTS} hosts that print ${HOSTS * LINES} lines`, () => {
  let browser, server;

  before(async () => {
    [browser, server] = await Promise.all([Browser.start(), Server.withFleet()]);
    await server.breadth(HOSTS);
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });

  test("are followed", async (t) => {
    const ana = await browser.person(server.url);
    await ana.page.addInitScript(listen);
    await ana.signIn();
    const line = `i=1; while [ $i -le ${LINES} ]; do echo "line $i of what a host has to say about itself";`
      + ` [ $((i % ${AT_ONCE})) != 0 ] || sleep 0.5; i=$((i+1)); done`;
    const run = { subject: { kind: "command", line }, selector: "all" };
    const { id } = await server.call("POST", "/runs", run);
    let trace = await Trace.begin(ana);
    await ana.open(`/ui/runs/${id}`);
    const log = ana.page.locator("#log");
    await log.getByText("line 1 of what").first().waitFor();
    assert(await isAtEnd(log), "it follows");

    // Somebody reads further up while more comes.
    await server.until(() => log.evaluate((log) => log.scrollTop > 3 * log.clientHeight), "something to scroll");
    await log.hover();
    await ana.page.mouse.wheel(0, -600);
    await ana.page.locator("[data-to-end]").waitFor();
    const moved = await log.evaluate(watch, READING_MS);
    assert(moved.came > 1, `nothing came meanwhile: ${JSON.stringify(moved)}`);
    assert(moved.by <= MOVED, `what was read moved: ${JSON.stringify(moved)}`);
    const busy = [await trace.end()];
    const whole = () => wholeLog(ana, id);
    assertFollows(await shown(log), await whole(), "what somebody reads");

    // And goes on to the end.
    trace = await Trace.begin(ana);
    await ana.page.locator("[data-to-end]").click();
    await server.until(() => isAtEnd(log), "the end");
    await ana.page.locator("[data-live]").waitFor({ state: "hidden", timeout: RUNS_MS });
    await ana.page.locator("#now").getByText("succeeded").first().waitFor();
    await server.until(() => isAtEnd(log), "the last line");
    busy.push(await trace.end());
    const last = await shown(log);
    const all = await whole();
    assert.equal(all.length, HOSTS * LINES);
    assert.equal(new Set(all).size, all.length, "each line once");
    assertFollows(last, all, "the page");
    assert.equal(last.at(-1), all.at(-1), "the last line is on the page");

    // Nothing was missing in what came, whatever was put on the page.
    const came = new Set(await ana.page.evaluate(said));
    const missing = all.filter((one) => !came.has(one));
    assert.deepEqual(missing.slice(0, 5), [], `${missing.length} lines never came`);
    const longest = Math.max(...busy.map(({ longest }) => longest));
    t.diagnostic(`the longest task took ${longest} ms; of ${all.length} lines none was missing: ${JSON.stringify(busy)}`);
    assert(longest <= BUSY_MS, `the page was busy for ${longest} ms: ${JSON.stringify(busy)}`);

    // Page by page, from the last to the first; and found again.
    assert.deepEqual(await backwards(ana, id), all);
    await ana.open(`/ui/runs/${id}?q=${encodeURIComponent(`line ${LINES} of`)}`);
    assert.equal((await shown(ana.page.locator("#log"))).length, HOSTS);
    await ana.leave();
  });
});

/** Runs in the page before all else: notes what it comes with, and what comes. */
function listen() {
  const Native = globalThis.EventSource;
  globalThis.came = [];
  document.addEventListener("DOMContentLoaded", () => {
    for (const row of document.querySelectorAll("#log > .hep-e")) globalThis.came.push(row.outerHTML);
  });
  globalThis.EventSource = class extends Native {
    constructor(...words) {
      super(...words);
      this.addEventListener("rows", (event) => globalThis.came.push(event.data));
    }
  };
}

/** Runs in the page: what came, line by line. */
function said() {
  const page = new DOMParser().parseFromString(globalThis.came.join(""), "text/html");
  const rows = [...page.querySelectorAll(".hep-e")].filter((row) => row.querySelector(".hep-e-lines"));
  return rows.flatMap((row) => {
    const host = row.querySelector(".hep-e-host").textContent.trim();
    return (row.querySelector(".hep-e-lines")?.textContent.match(/line \d+/g) ?? []).map((line) => `${host} ${line}`);
  });
}

/** The lines on the page, in their order. */
function shown(log) {
  return log.evaluate((log) => [...log.querySelectorAll(".hep-e")].flatMap((row) => {
    const host = row.querySelector(".hep-e-host").textContent.trim();
    return (row.querySelector(".hep-e-lines")?.textContent.match(/line \d+/g) ?? []).map((line) => `${host} ${line}`);
  }));
}

/** Runs in the page: how far the line in the middle of what is seen moves, and what comes meanwhile. */
function watch(log, forMs) {
  const box = log.getBoundingClientRect();
  const line = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2).closest(".hep-e");
  const first = line.getBoundingClientRect().top;
  const before = log.scrollHeight;
  let by = 0;
  const begun = performance.now();
  return new Promise((done) => {
    const look = () => {
      by = Math.max(by, line.isConnected ? Math.abs(line.getBoundingClientRect().top - first) : Infinity);
      if (performance.now() - begun < forMs) requestAnimationFrame(look);
      else done({ by, came: log.scrollHeight - before });
    };
    look();
  });
}

function isAtEnd(log) {
  return log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2);
}

/** All that was said so far, as it is kept. */
async function wholeLog(person, id) {
  const answer = await person.context.request.get(`/ui/runs/${id}/text?keep=yes`);
  let host = "";
  return (await answer.text()).split("\n").flatMap((line) => {
    host = line.match(/^== (\S+) ==$/)?.[1] ?? host;
    const said = line.match(/^line \d+/)?.[0];
    return said ? [`${host} ${said}`] : [];
  });
}

/** Some lines are a part of all, without a gap. */
function assertFollows(some, all, what) {
  assert(some.length > 0, what);
  const at = all.indexOf(some[0]);
  assert(at >= 0, `${what}: ${some[0]} was never said`);
  assert.deepEqual(some, all.slice(at, at + some.length), what);
}

/** The log as the pages of earlier lines have it. */
async function backwards(person, id) {
  let all = [];
  await person.open(`/ui/runs/${id}`);
  for (;;) {
    all = [...(await shown(person.page.locator("#log"))), ...all];
    const earlier = person.page.getByRole("link", { name: "Earlier lines" });
    if (!(await earlier.count())) return all;
    await person.open(await earlier.getAttribute("href"));
  }
}

/** What the page's main thread does, by the browser's own account: its processor time, so that what else runs on the
 * machine does not count. */
class Trace {
  #session;
  #events = [];

  static async begin(person) {
    const trace = new Trace();
    trace.#session = await person.context.newCDPSession(person.page);
    trace.#session.on("Tracing.dataCollected", ({ value }) => trace.#events.push(...value));
    const includedCategories = ["disabled-by-default-devtools.timeline", "devtools.timeline"];
    await trace.#session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories } });
    return trace;
  }

  /** The longest task, in milliseconds, and how long it took by the clock on the wall. */
  async end() {
    const done = new Promise((resolve) => this.#session.once("Tracing.tracingComplete", resolve));
    await this.#session.send("Tracing.end");
    await done;
    await this.#session.detach();
    const mains = this.#events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
    const isMain = ({ pid, tid }) => mains.some((main) => main.pid === pid && main.tid === tid);
    const tasks = this.#events.filter((event) => event.name === "RunTask" && event.dur && isMain(event));
    assert(tasks.length > 10 && tasks.every(({ tdur }) => tdur !== undefined), "a trace without its tasks");
    const most = (of) => Math.max(...tasks.map(of)) / 1000;
    return { longest: most(({ tdur }) => tdur), wall: most(({ dur }) => dur), many: tasks.length };
  }
}
