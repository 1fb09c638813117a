// Runs in the page: asked for, watched while they happen, repeated where they failed, approved or refused by who may.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Browser, SIZES } from "./lib/browser.mjs";
import { ADMIN, Server } from "./lib/server.mjs";

const HOSTS = 4;

describe("a fleet and the people around it", () => {
  let browser, server;

  before(async () => {
    [browser, server] = await Promise.all([Browser.start(), Server.withFleet()]);
    await server.breadth(HOSTS);
    // The port of nobody.
    await server.call("POST", "/hosts", { name: "gone", address: "127.0.0.1", port: 1, credential: "fleet" });
    for (const role of ["operator", "viewer"]) server.user(role, role, `the-word-of-the-${role}`);
    server.user("second", "admin", "the-word-of-the-second");
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });

  const person = async (name, options) => {
    const somebody = await browser.person(server.url, options);
    await somebody.signIn(name === ADMIN.name ? ADMIN : { name, password: `the-word-of-the-${name}` });
    return somebody;
  };

  /** Asks for a command in the page, by way of the page that says what will happen; the run's address. */
  async function ask(somebody, selector, line) {
    await somebody.open("/ui/run");
    await somebody.page.fill("#selector", selector);
    await somebody.page.fill("#line", line);
    await somebody.page.locator("main form button.pf-m-primary").click();
    await somebody.page.locator("input[name=seen]").waitFor({ state: "attached" });
    await somebody.isForAll("what will happen");
    await somebody.page.locator("main form button.pf-m-primary").click();
    await somebody.page.waitForURL(/\/ui\/runs\/[^/]+$/);
    return new URL(somebody.page.url()).pathname;
  }

  test("a run with a failing and an unreachable host, and its retry", async () => {
    const ana = await person(ADMIN.name);
    const once = join(server.shared, "once");
    const line = `echo "on $HOSTNAME"; if mkdir ${once} 2>/dev/null; then echo broken >&2; exit 3; fi`;
    const address = await ask(ana, "h0001,gone", line);
    await ana.page.locator(".hep-part", { hasText: "h0001" }).getByText("failed").waitFor();
    await ana.page.locator(".hep-part", { hasText: "gone" }).getByText("unreachable").waitFor();
    await ana.sees("Connection refused");
    await ana.sees("broken");
    await ana.isForAll("a run that failed");
    await ana.picture("run");
    await ana.follow(ana.page.locator("#retry"));
    await ana.isForAll("whether the run shall be repeated");
    await ana.page.locator("main form button").first().click();
    await ana.page.waitForURL((url) => /\/ui\/runs\/[^/]+$/.test(url.pathname) && url.pathname !== address);
    await ana.page.locator(".hep-part", { hasText: "h0001" }).getByText("succeeded").waitFor();
    await ana.page.locator(".hep-part", { hasText: "gone" }).getByText("unreachable").waitFor();
    await ana.open("/ui/runs");
    await ana.isForAll("the list of runs");
    await ana.picture("runs");
    await ana.leave();
  });

  test("a live page loses no line while the server is started anew", async () => {
    const ana = await person(ADMIN.name);
    const go = join(server.shared, "go");
    const line = `for i in 1 2 3 4 5; do echo "line $i"; done; until [ -e ${go} ]; do sleep 0.05; done; for i in 6 7 8 9; do echo "line $i"; done`;
    await ask(ana, "h0001,h0002", line);
    await ana.page.locator("#log").getByText("line 5").first().waitFor();
    ana.mayFail = /Failed to load|ERR_|502|503|event-stream/;
    // It ends when the run has, and within the grace: the last lines come while it goes, or after it is back.
    const again = server.restart();
    writeFileSync(go, "");
    await again;
    await server.until(async () => {
      const text = await ana.page.locator("#log").innerText();
      return text.split("line 9").length > 2 ? text : null;
    }, "the last lines in the page");
    const text = await ana.page.locator("#log").innerText();
    for (let number = 1; number <= 9; number += 1) {
      assert.equal(text.split(`line ${number}`).length, 3, `line ${number} of two hosts, once each:\n${text}`);
    }
    await ana.leave();
  });

  test("what a host says is text, whatever it says", async () => {
    const ana = await person(ADMIN.name);
    const hostile = [
      "<script>window.owned=1</script>",
      "<img src=x onerror=\"window.owned=1\">",
      "\\033]0;owned\\007\\033[31mred\\033[0m \\033[999999C",
      "\\000nul \\001\\177 \\303\\050",
      "'\"><svg onload=window.owned=1>",
    ];
    await ask(ana, "h0003", hostile.map((text) => `printf '${text.replaceAll("'", "'\\''")}\\n'`).join("; "));
    await ana.page.locator("#log").getByText("window.owned").first().waitFor();
    await ana.sees("<script>window.owned=1</script>");
    await ana.page.locator(".hep-part", { hasText: "h0003" }).getByText("succeeded").waitFor();
    assert.equal(await ana.page.evaluate(() => globalThis.owned), undefined);
    for (const show of ["folded", "changes"]) {
      await ana.open(`${new URL(ana.page.url()).pathname}?show=${show}`);
      assert.equal(await ana.page.evaluate(() => globalThis.owned), undefined);
      assert.equal(await ana.page.locator("main script, main img, main svg[onload]").count(), 0);
    }
    await ana.leave();
  });

  test("a plan is refused by somebody else, and nothing is changed", async () => {
    const made = join(server.shared, "made");
    const files = { "main.yml": `- copy: {content: "made\\n", dest: ${made}}\n` };
    const subject = { kind: "manifest", files, entry: "main.yml" };
    const body = { subject, selector: "h0001", strategy: { approval: true } };
    const { id } = await server.call("POST", "/runs", body);
    await server.until(async () => {
      const run = await server.call("GET", `/runs/${id}`);
      assert(["queued", "running", "waiting"].includes(run.state), JSON.stringify(run));
      return run.state === "waiting";
    }, "the plan");
    const own = await person(ADMIN.name);
    await own.open(`/ui/runs/${id}`);
    await own.sees("waiting");
    assert.equal(await own.page.locator("#approve").count(), 0, "four eyes are two people");
    const second = await person("second");
    await second.open(`/ui/runs/${id}?show=changes`);
    await second.sees("made");
    await second.isForAll("a plan");
    await second.picture("plan");
    await second.follow(second.page.locator("#reject"));
    await second.page.locator("main form button").first().click();
    await second.sees("rejected");
    const run = await server.call("GET", `/runs/${id}`);
    assert.equal(run.state, "rejected");
    await own.leave();
    await second.leave();
  });

  test("everybody is offered what they may do", async () => {
    const offered = { [ADMIN.name]: [true, true, true], operator: [true, false, true], viewer: [false, false, true] };
    for (const [name, [runs, adds, sees]] of Object.entries(offered)) {
      const somebody = await person(name);
      await somebody.open("/ui/hosts");
      assert.equal(await somebody.page.getByText("h0001").count() > 0, sees, name);
      assert.equal(await somebody.page.getByRole("link", { name: "Add a host" }).count() > 0, adds, name);
      assert.equal(await somebody.open("/ui/hosts/-/new") === 200, adds, name);
      assert.equal(await somebody.open("/ui/run") === 200, runs, name);
      await somebody.leave();
    }
  });

  test("a run can be read on a phone, without a script, and in three languages", async () => {
    const run = await server.run({ kind: "command", line: "echo said" }, "all");
    for (const [locale, succeeded] of [["en-GB", "succeeded"], ["pt-BR", "concluída"], ["es-ES", "completada"]]) {
      const ana = await person(ADMIN.name, { viewport: SIZES.phone, javaScriptEnabled: false, locale });
      assert.equal(await ana.open(`/ui/runs/${run.id}`), 200);
      const text = await ana.page.locator("main").innerText();
      assert(text.includes("said") && text.includes(succeeded), `${locale}: ${text}`);
      await ana.leave();
    }
    const ana = await person(ADMIN.name, { viewport: SIZES.phone, colorScheme: "dark" });
    await ana.open(`/ui/runs/${run.id}`);
    await ana.isForAll("a run on a phone at night");
    await ana.picture("run-phone-dark");
    await ana.leave();
  });
});
