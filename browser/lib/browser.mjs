// Debian's Chromium, and what every story holds of every page: no error in its console, nothing refused by its
// content security policy, no serious finding of axe.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";

import { ADMIN, PATIENCE } from "./server.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where the pictures of the README go; nothing is made where it is not said. */
const pictures = process.env.HEP_SCREENSHOTS;
/** A phone, a small window and a desk. */
export const SIZES = { phone: { width: 360, height: 740 }, small: { width: 1280, height: 800 }, desk: { width: 1440, height: 900 } };

export class Browser {
  #chromium;

  static async start() {
    const browser = new Browser();
    // Root may not have Chromium's sandbox in a container. All pages here are our own.
    const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
    browser.#chromium = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
    return browser;
  }

  /** Somebody in front of a window: `locale`, `colorScheme`, `viewport`, `javaScriptEnabled` as Playwright has them. */
  async person(url, options = {}) {
    const context = await this.#chromium.newContext({
      baseURL: url,
      locale: "en-GB",
      viewport: SIZES.desk,
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    return new Person(context, page);
  }

  async stop() {
    await this.#chromium.close();
  }
}

export class Person {
  /** What went wrong in the page. */
  faults = [];
  /** What its console may complain of: a story in which the server goes away says so. */
  mayFail = null;

  constructor(context, page) {
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.faults.push(`error: ${error.message}`));
    page.on("console", (message) => {
      // The browser says so of every answer that is an error, and htmx of what a page asked for when it was left: the
      // stories see what is missing by themselves.
      const isStatus = /^Failed to load resource|htmx:error: Failed to fetch/.test(message.text());
      const isExpected = this.mayFail?.test(message.text());
      if (message.type() === "error" && !isStatus && !isExpected) this.faults.push(`console: ${message.text()}`);
    });
  }

  /** Opens a page; its status. */
  async open(path) {
    const answer = await this.page.goto(path);
    return answer.status();
  }

  /** Signs in by the form, as the administrator where nobody else is said. */
  async signIn({ name, password } = ADMIN) {
    await this.open("/ui/sign-in");
    await this.page.fill("input[name=name]", name);
    await this.page.fill("input[name=password]", password);
    await this.page.click("main form button");
    await this.page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
  }

  /** Follows a link, and is there. */
  async follow(link) {
    const to = new URL(await link.getAttribute("href"), this.page.url());
    await link.click();
    await this.page.waitForURL((url) => url.pathname === to.pathname && url.search === to.search);
  }

  /** Waits for a text that can be seen. */
  async sees(text) {
    try {
      await this.page.getByText(text).filter({ visible: true }).first().waitFor();
    } catch (error) {
      const shown = await this.page.locator("main").innerText();
      assert.fail(`${text} is not to be seen at ${this.page.url()}:\n${shown}\n${error.message}`);
    }
  }

  /** Nothing of weight hinders people with screen readers, and nothing sticks out of the window; of axe's rules only
   * these, where some are said. */
  async isForAll(what, rules = []) {
    // By the debugger, which the page's own policy has no say in.
    if (!(await this.page.evaluate(() => Boolean(globalThis.axe)))) await this.page.evaluate(axeSource);
    const options = { resultTypes: ["violations"], ...(rules.length && { runOnly: { type: "rule", values: rules } }) };
    const found = await this.page.evaluate(async (options) => {
      // Colours that are changing are not those that are read. They are not waited for: what turns for ever never
      // ends, and a page that shows no frames does not go on.
      const ends = (animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime);
      for (const animation of document.getAnimations().filter(ends)) animation.finish();
      return globalThis.axe.run(document, options);
    }, options);
    const grave = found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    const told = grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join("\n")}`);
    assert.deepEqual(told, [], what);
    // The page has its time to fit in; what never does is named.
    await this.page.waitForFunction(fits, null, { polling: 50, timeout: 2000 }).catch(() => {});
    assert.deepEqual(await this.page.evaluate(outside), [], what);
  }

  /** A picture for the README; where its name has a folder, one of many to look at, of the whole page. */
  async picture(name) {
    if (!pictures) return;
    const path = join(pictures, `${name}.png`);
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path, fullPage: name.includes("/") });
  }

  /** Leaves; what went wrong in any page is a failure. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}

/** Runs in the page: whether all of it is within the window. */
function fits() {
  return document.documentElement.scrollWidth <= document.documentElement.clientWidth;
}

/** Runs in the page: what sticks out of the window. */
function outside() {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const all = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1);
  const inner = all.filter((one) => !all.some((other) => other !== one && one.contains(other)));
  return [`${root.scrollWidth} pixels in a window of ${root.clientWidth}`, ...inner.map((one) => one.outerHTML.slice(0, 200))];
}
