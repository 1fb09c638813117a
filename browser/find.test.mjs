// Finding one's way: the palette by keyboard alone, views that are kept, columns, hosts that are chosen over several
// pages, and the editor of manifests.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser, SIZES } from "./lib/browser.mjs";
import { Server } from "./lib/server.mjs";

/** How many hosts the register has: more than a page of them. */
const HOSTS = 45;

describe("finding, views and the editor", () => {
  let browser, server, ana;

  before(async () => {
    [browser, server] = await Promise.all([Browser.start(), Server.start()]);
    const files = { "main.yml": "- hosts: all\n  tasks:\n    - debug: msg=one\n" };
    await server.call("POST", "/manifests", { name: "greeting", files });
    for (let number = 1; number <= HOSTS; number += 1) {
      const name = `web${String(number).padStart(2, "0")}`;
      await server.call("POST", "/hosts", { name, address: `192.0.2.${number}`, labels: { half: number % 2 ? "odd" : "even" } });
    }
    ana = await browser.person(server.url);
    await ana.signIn();
  });
  after(async () => {
    await ana?.leave();
    await browser?.stop();
    await server?.stop();
  });

  const option = (text) => ana.page.getByRole("option", { name: text });
  const chosen = () => ana.page.locator("#find [aria-selected=true]");
  const ticked = (name) => ana.page.getByRole("checkbox", { name: `Choose ${name}` });
  const filter = () => ana.page.getByRole("searchbox", { name: "Which hosts" });

  test("the palette leads to a host and to the page that asks, by keyboard alone", async () => {
    await ana.open("/ui/groups");
    const link = ana.page.getByRole("link", { name: "Add a group" }).first();
    await link.focus();
    await ana.page.keyboard.press("Control+k");
    const field = ana.page.getByRole("combobox", { name: "What are you looking for?" });
    await field.waitFor();
    await option("Overview").waitFor();
    await ana.isForAll("the palette");
    await ana.page.keyboard.type("web17");
    await option(/^web17/).waitFor();
    assert.equal(await field.getAttribute("aria-expanded"), "true");
    assert.equal(await field.getAttribute("aria-activedescendant"), await chosen().getAttribute("id"));
    await ana.page.keyboard.press("Escape");
    await field.waitFor({ state: "hidden" });
    assert(await link.evaluate((element) => element === document.activeElement), "the focus is where it was");
    await ana.page.keyboard.press("/");
    await field.fill("reboot web17");
    await option(/Reboot web17/).waitFor();
    await ana.page.keyboard.press("Enter");
    await ana.page.waitForURL("**/ui/hosts/web17/reboot");
    await ana.page.getByRole("heading", { level: 1, name: /web17/ }).waitFor();
    await ana.page.keyboard.press("Control+k");
    await field.fill("web2");
    await option(/^web20/).waitFor();
    const first = await chosen().innerText();
    await ana.page.keyboard.press("ArrowDown");
    assert.notEqual(await chosen().innerText(), first);
    await ana.page.keyboard.press("ArrowUp");
    assert.equal(await chosen().innerText(), first);
    await ana.page.keyboard.press("ArrowDown");
    const to = await chosen().getAttribute("href");
    await ana.page.keyboard.press("Enter");
    await ana.page.waitForURL(`**${to}`);
  });

  test("the palette is a page without script, and speaks the reader's language", async () => {
    const plain = await browser.person(server.url, { javaScriptEnabled: false, locale: "pt-BR", viewport: SIZES.phone });
    await plain.signIn();
    await plain.follow(plain.page.getByRole("link", { name: /Encontrar/ }));
    await plain.page.getByRole("searchbox").fill("desligar web03");
    await plain.page.getByRole("button", { name: "Buscar" }).click();
    await plain.follow(plain.page.getByRole("link", { name: "Desligar web03" }));
    await plain.page.getByRole("heading", { level: 1, name: /web03/ }).waitFor();
    await plain.open("/ui/find?q=nothing-of-that-name");
    await plain.sees("Nada com este nome foi encontrado");
    await plain.leave();
  });

  test("columns are chosen, and kept for the person", async () => {
    await ana.open("/ui/hosts?size=20");
    const columns = ana.page.locator("summary", { hasText: "Columns" });
    await columns.click();
    await ana.page.getByRole("checkbox", { name: "Labels" }).check();
    await ana.page.getByRole("columnheader", { name: "Labels" }).waitFor();
    await columns.click();
    await ana.page.getByRole("button", { name: "Always show these columns" }).click();
    await ana.sees("From now on you see these columns.");
    const other = await browser.person(server.url);
    await other.signIn();
    await other.open("/ui/hosts");
    await other.page.getByRole("columnheader", { name: "Labels" }).waitFor();
    await other.isForAll("the list of hosts");
    await other.page.setViewportSize(SIZES.phone);
    await other.isForAll("the list of hosts on a phone");
    await other.page.locator("a[data-find]").click();
    await other.page.getByRole("option", { name: "Overview" }).waitFor();
    await other.isForAll("the palette on a phone");
    await other.leave();
  });

  test("what is wrong with a filter stands at it", async () => {
    await ana.open("/ui/hosts");
    await filter().fill("web[1");
    await filter().press("Enter");
    await ana.page.locator("#filter-wrong").getByText(/bracket has no end/).waitFor();
    await filter().fill("web*");
    await filter().press("Enter");
    await ana.page.locator("#filter-wrong").getByText(/bracket/).waitFor({ state: "detached" });
    await ana.sees(`Hosts: ${HOSTS}`);
  });

  test("hosts are chosen over several pages, and then all that match", async () => {
    await ana.open("/ui/hosts?size=20");
    await ticked("web03").check();
    await ana.page.getByRole("button", { name: "Next page" }).click();
    await ticked("web21").check();
    await ana.sees("Ticked on other pages: 1");
    await ana.page.getByRole("columnheader", { name: "Name" }).getByRole("button").click();
    await ana.page.waitForURL(/order=-name/);
    assert.equal(await ana.page.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort"), "descending");
    await ana.sees("Ticked on other pages: 2");
    await filter().fill("half=odd");
    await filter().press("Enter");
    await ana.page.getByText("all 23 that match").waitFor();
    await ana.sees("Ticked on other pages: 1");
    await ana.page.getByRole("button", { name: "Do something with them" }).click();
    await ana.page.getByRole("heading", { name: "Chosen hosts: 2", level: 1 }).waitFor();
    assert.equal(await ana.page.getByRole("searchbox").inputValue(), "web03,web21");
    await ana.open("/ui/hosts?size=20&text=web1");
    await ana.page.getByRole("checkbox", { name: "all 10 that match" }).check();
    await ana.page.getByRole("button", { name: "Do something with them" }).click();
    await ana.page.getByRole("heading", { name: "Chosen hosts: 10", level: 1 }).waitFor();
    await ana.isForAll("many hosts at once");
    await ana.page.getByLabel("Name of the group").fill("teens");
    await ana.page.getByRole("button", { name: "Keep them as a group" }).click();
    await ana.sees("The group teens was made, with 10 hosts.");
    assert.equal((await server.call("GET", "/groups/teens")).host_count, 10);
  });

  test("a view is saved, opened beside the list and from the palette, renamed and removed", async () => {
    await ana.open("/ui/hosts?selector=half%3Deven&sort=-name&column=state");
    await ana.page.getByText("Save this view").click();
    await ana.page.getByLabel("Name of the view").fill("Even ones");
    await ana.page.getByRole("checkbox", { name: "Everybody shall have it" }).check();
    await ana.page.getByRole("button", { name: "Save", exact: true }).click();
    await ana.sees("The view Even ones was saved.");
    await ana.open("/ui/hosts");
    await ana.follow(ana.page.getByRole("link", { name: "Even ones" }));
    await ana.sees("Hosts: 22");
    assert.equal(await filter().inputValue(), "half=even");
    const here = ana.page.getByRole("link", { name: "Even ones" });
    assert.equal(await here.getAttribute("aria-current"), "page");
    await ana.open("/ui/runs");
    await ana.page.keyboard.press("Control+k");
    await ana.page.getByRole("combobox", { name: "What are you looking for?" }).fill("even");
    await option("Even ones").click();
    await ana.page.waitForURL(/half%3Deven/);
    await ana.open("/ui/views");
    await ana.isForAll("the views");
    await ana.follow(ana.page.getByRole("link", { name: "Even ones" }));
    await ana.follow(ana.page.getByRole("link", { name: "Change", exact: true }));
    await ana.page.getByLabel("Name").fill("The even");
    await ana.page.getByRole("button", { name: "Save" }).click();
    await ana.sees("It was saved.");
    await ana.follow(ana.page.getByRole("link", { name: "Remove", exact: true }));
    await ana.page.getByRole("button", { name: "Remove" }).click();
    await ana.sees("It was removed.");
    assert.deepEqual((await server.call("GET", "/views")).items, []);
  });

  test("a wrong manifest is told as one types, completed, saved and restored, by keyboard", async () => {
    await ana.open("/ui/manifests/greeting/edit");
    await ana.sees("no fault was found");
    const editor = ana.page.locator(".cm-content").first();
    const press = async (...keys) => {
      for (const key of keys) await ana.page.keyboard.press(key);
    };
    const checked = ana.page.locator("#checked");
    await editor.focus();
    await press("Control+End");
    await ana.page.keyboard.type("    - nonsense: 1");
    await checked.getByText("main.yml, line 4").waitFor();
    await ana.page.locator(".cm-lintRange-error").first().waitFor();
    await ana.isForAll("the editor");
    await press("Control+Shift+K");
    await checked.getByText("no fault was found").waitFor();
    await press("Control+End", "Enter");
    await ana.page.keyboard.type("- deb");
    await ana.page.locator(".cm-tooltip-autocomplete").getByText("debug", { exact: true }).waitFor();
    await press("Escape", "Control+Shift+K");
    await press("Control+Home", "ArrowDown", "ArrowDown", "End", "Backspace", "Backspace", "Backspace");
    await ana.page.keyboard.type("two");
    assert.match(await ana.page.locator("#file0_text").inputValue(), /^- hosts: all\n {2}tasks:\n {4}- debug: msg=two\n?$/);
    await ana.page.keyboard.press("Tab");
    assert(!(await editor.evaluate((element) => element.getRootNode().activeElement === element)), "Tab leaves");
    await ana.page.getByRole("button", { name: "Save", exact: true }).focus();
    await ana.page.keyboard.press("Enter");
    await ana.sees("It was saved.");
    await ana.open("/ui/manifests/greeting/revisions/1");
    await ana.follow(ana.page.getByRole("link", { name: "Restore this version" }));
    await ana.isForAll("whether a version shall be restored");
    await ana.page.getByRole("button", { name: "Restore this version" }).click();
    await ana.sees("Version 1 was restored, as version 3.");
    const now = await server.call("GET", "/manifests/greeting");
    assert.match(now.files["main.yml"], /msg=one/);
    await ana.open("/ui/manifests/greeting/diff?from=1&to=2");
    await ana.sees("msg=two");
  });
});
