// Before everything else: the first administrator, signing in and out, and what a page says to a browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser, SIZES } from "./lib/browser.mjs";
import { ADMIN, Server } from "./lib/server.mjs";

let browser;
before(async () => {
  browser = await Browser.start();
});
after(() => browser?.stop());

test("the link of the first start makes the administrator, once", async (t) => {
  const server = await Server.start({ bare: true });
  t.after(() => server.stop());
  const link = await server.until(() => server.said.match(/http:\S+\/ui\/setup#\S+/)?.[0], "the link");
  const first = await browser.person(server.url);
  await first.open(link);
  await first.isForAll("the first page of a new server");
  await first.page.fill("input[name=name]", ADMIN.name);
  await first.page.fill("input[name=password]", ADMIN.password);
  await first.page.click("main form button");
  await first.sees("Overview");
  await first.isForAll("the overview of an empty server");
  const second = await browser.person(server.url);
  await second.open(link);
  assert.equal(new URL(second.page.url()).pathname, "/ui/sign-in", "it works once");
  await first.leave();
  await second.leave();
});

test("the first administrator needs no script: what stands behind `#` is pasted", async (t) => {
  const server = await Server.start({ bare: true });
  t.after(() => server.stop());
  const link = await server.until(() => server.said.match(/http:\S+\/ui\/setup#\S+/)?.[0], "the link");
  const first = await browser.person(server.url, { javaScriptEnabled: false });
  await first.open(link);
  await first.page.fill("input[name=token]", link.split("#")[1]);
  await first.page.fill("input[name=name]", ADMIN.name);
  await first.page.fill("input[name=password]", ADMIN.password);
  await first.page.click("main form button");
  await first.sees("Overview");
  await first.leave();
});

describe("a server with an administrator", () => {
  let server;
  before(async () => {
    server = await Server.start();
  });
  after(() => server?.stop());

  test("whoever opens a page signs in, and is there", async () => {
    for (const javaScriptEnabled of [true, false]) {
      const ana = await browser.person(server.url, { javaScriptEnabled });
      await ana.open("/ui/hosts?text=web");
      await ana.page.fill("input[name=name]", ADMIN.name);
      await ana.page.fill("input[name=password]", "not-the-word");
      await ana.page.click("main form button");
      await ana.page.getByRole("alert").or(ana.page.locator(".pf-m-danger")).first().waitFor();
      await ana.page.fill("input[name=password]", ADMIN.password);
      await ana.page.click("main form button");
      await ana.page.waitForURL("**/ui/hosts?text=web");
      await ana.page.getByRole("button", { name: "Sign out" }).click();
      await ana.page.waitForURL("**/ui/sign-in*");
      await ana.open("/ui/hosts");
      assert.equal(new URL(ana.page.url()).pathname, "/ui/sign-in");
      await ana.leave();
    }
  });

  test("everybody reads in their language, in the light they like", async () => {
    const titles = { "en-GB": "Hosts", "pt-BR": "Servidores", "es-MX": "Servidores", "de-DE": "Hosts" };
    for (const [locale, title] of Object.entries(titles)) {
      const somebody = await browser.person(server.url, { locale });
      await somebody.signIn();
      await somebody.open("/ui/hosts");
      assert.equal(await somebody.page.locator("h1").innerText(), title);
      const tag = await somebody.page.getAttribute("html", "lang");
      assert.equal(tag.slice(0, 2), locale === "de-DE" ? "en" : locale.slice(0, 2));
      await somebody.leave();
    }
    const background = async (colorScheme) => {
      const somebody = await browser.person(server.url, { colorScheme });
      await somebody.open("/ui/sign-in");
      const colour = await somebody.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await somebody.isForAll(`signing in, ${colorScheme}`);
      await somebody.leave();
      return colour.match(/\d+/g).slice(0, 3).map(Number).reduce((sum, part) => sum + part);
    };
    assert(await background("dark") < 200 && await background("light") > 600);
  });

  test("no other site can show, fill or send our pages", async () => {
    const answer = await fetch(`${server.url}/ui/sign-in`);
    const policy = answer.headers.get("content-security-policy");
    for (const rule of ["default-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]) {
      assert(policy.includes(rule), policy);
    }
    assert(!/unsafe|\*/.test(policy), policy);
    const body = new URLSearchParams({ name: ADMIN.name, password: ADMIN.password });
    const headers = { origin: "https://elsewhere.example" };
    const sent = await fetch(`${server.url}/ui/sign-in`, { method: "POST", body, headers, redirect: "manual" });
    assert.equal(sent.status, 403);
    assert.equal(sent.headers.get("set-cookie"), null);
  });

  test("a phone shows the same pages, and a keyboard is enough", async () => {
    const ana = await browser.person(server.url, { viewport: SIZES.phone });
    await ana.signIn();
    for (const path of ["/ui/", "/ui/hosts", "/ui/nowhere"]) {
      await ana.open(path);
      await ana.isForAll(`${path} on a phone`);
    }
    await ana.open("/ui/hosts");
    await ana.page.keyboard.press("Tab");
    await ana.page.keyboard.press("Enter");
    const focused = await ana.page.evaluate(() => document.activeElement.id);
    assert.equal(focused, "main", "the first key leads to the content");
    await ana.leave();
  });
});
