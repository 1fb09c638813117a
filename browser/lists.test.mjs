// Lists that follow what happens: nothing is asked for anew by hand, and nobody loses what they were at.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser, SIZES } from "./lib/browser.mjs";
import { Server } from "./lib/server.mjs";

describe("pages that stay open", () => {
  let browser, server;

  before(async () => {
    [browser, server] = await Promise.all([Browser.start(), Server.withFleet()]);
    await server.breadth(4);
    // The port of nobody.
    await server.call("POST", "/hosts", { name: "gone", address: "127.0.0.1", port: 1, credential: "fleet" });
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });

  const person = async (options) => {
    const somebody = await browser.person(server.url, options);
    await somebody.signIn();
    return somebody;
  };
  const command = (line) => ({ kind: "command", line });

  test("hosts change their state in the list, and what is ticked, focused and scrolled to stays", async () => {
    const ana = await person({ viewport: { width: 360, height: 300 } });
    await ana.open("/ui/hosts");
    const tick = ana.page.getByRole("checkbox", { name: "Choose h0001" });
    await tick.check();
    const link = ana.page.getByRole("link", { name: "gone", exact: true });
    await link.focus();
    const place = await ana.page.evaluate(() => globalThis.scrollY);
    assert(place > 0, "the window is small");
    await server.run(command("true"), "all");
    await ana.page.locator("tr", { hasText: "gone" }).getByText("unreachable", { exact: true }).waitFor();
    await ana.page.locator("tr", { hasText: "h0001" }).getByText("reachable", { exact: true }).waitFor();
    assert(await tick.isChecked());
    assert.equal(await link.evaluate((element) => element === document.activeElement), true);
    assert.equal(await ana.page.evaluate(() => globalThis.scrollY), place);
    await ana.isForAll("the list of hosts while it changes");
    // Another host takes a place before them.
    await server.call("POST", "/hosts", { name: "a-new-one", address: "127.0.0.1", port: 2 });
    await ana.page.getByRole("link", { name: "a-new-one" }).waitFor();
    await ana.page.locator("#told", { hasText: "The list has changed." }).waitFor({ state: "attached" });
    assert(await tick.isChecked());
    assert.equal(await link.evaluate((element) => element === document.activeElement), true);
    await ana.leave();
  });

  test("a filter that is changed is followed from then on", async () => {
    const ana = await person();
    await ana.open("/ui/hosts");
    await ana.page.getByLabel("Which hosts").fill("h000*");
    await ana.page.keyboard.press("Enter");
    await ana.page.getByRole("link", { name: "gone", exact: true }).waitFor({ state: "detached" });
    await server.call("PATCH", "/hosts/h0002", { enabled: false });
    await ana.page.locator("tr", { hasText: "h0002" }).getByText("switched off for runs").waitFor();
    await server.call("PATCH", "/hosts/h0002", { enabled: true });
    await ana.leave();
  });

  test("the overview and the list of runs follow what is run", async () => {
    const [ana, ben] = [await person(), await person({ viewport: SIZES.phone })];
    await ana.open("/ui/");
    await ben.open("/ui/runs");
    await server.run({ ...command("echo one"), }, "h0003", { description: "the first of them" });
    await ana.page.getByRole("link", { name: "the first of them" }).waitFor();
    const row = ben.page.locator("tr", { hasText: "the first of them" });
    await row.getByText("succeeded").waitFor();
    await ana.page.locator("tr", { hasText: "the first of them" }).getByText("succeeded").waitFor();
    await ana.isForAll("the overview while it changes");
    await ben.isForAll("the list of runs while it changes");
    // A page that lost its server comes back to it.
    for (const somebody of [ana, ben]) somebody.mayFail = /Failed to load|ERR_|502|503|event-stream/;
    await server.restart();
    await server.run(command("echo two"), "h0003", { description: "after the restart" });
    await ana.page.getByRole("link", { name: "after the restart" }).waitFor();
    await ben.page.locator("tr", { hasText: "after the restart" }).getByText("succeeded").waitFor();
    await ana.leave();
    await ben.leave();
  });

  test("who is on the way to another page gets there, whatever happens in the one that is left", async () => {
    const ana = await person();
    await ana.page.addInitScript(() => {
      const { addEventListener } = EventSource.prototype;
      EventSource.prototype.addEventListener = function (name, then) {
        addEventListener.call(this, name, (event) => {
          then(event);
          if (name === "anew") globalThis.hasHeard = true;
        });
      };
    });
    await ana.open("/ui/hosts?text=newcomer");
    let release;
    const free = new Promise((done) => { release = done; });
    await ana.page.route("**/ui/hosts/-/new", async (route) => {
      await free;
      await route.continue();
    });
    const there = ana.follow(ana.page.getByRole("link", { name: "Add a host" }).first());
    await server.call("POST", "/hosts", { name: "newcomer", address: "127.0.0.1", port: 3 });
    await ana.page.waitForFunction(() => globalThis.hasHeard);
    release();
    await there;
    await ana.leave();
  });

  test("who signs out in another window is told so in this one", async () => {
    const ana = await person();
    await ana.open("/ui/hosts");
    const other = await ana.context.newPage();
    await other.goto("/ui/account");
    await other.getByRole("button", { name: "Sign out" }).click();
    await ana.sees("You were signed out.");
    await ana.leave();
  });
});
