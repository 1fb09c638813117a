// Every page that there is, walked through: for screen readers and keyboards, by day and by night, on a phone and on a
// desk; nothing in the console, nothing refused by the policy, and no more bytes than a slow line can bear.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser, SIZES } from "./lib/browser.mjs";
import { walk } from "./lib/keyboard.mjs";
import { fill, pages } from "./lib/pages.mjs";
import { Server } from "./lib/server.mjs";

/** What the first page may take, without the islands, and every page after it, in bytes as they go over the line. */
const FIRST = 150 * 1024;
const LATER = 30 * 1024;
/** Pages that are walked through at once. */
const WALKERS = 2;
/** The rules of axe that look at colours. */
const COLOURS = ["color-contrast", "link-in-text-block"];
/** What is on every page. */
const COMMON = /\/ui\/assets\/(app|icon)-\w+\.(css|js|svg)$/;

describe("all pages", () => {
  let browser, server, ids, addresses, people;

  before(async () => {
    [browser, server] = await Promise.all([Browser.start(), Server.withFleet()]);
    ids = await fill(server);
    people = await Promise.all(Array.from({ length: WALKERS }, () => browser.person(server.url, { viewport: SIZES.small })));
    for (const person of people) {
      await person.signIn();
      await listen(person);
    }
    addresses = await pages(people[0], ids);
  });
  after(async () => {
    for (const id of [ids?.live, ids?.plan]) if (id) await server.call("POST", `/runs/${id}/cancel`);
    for (const person of people ?? []) await person.leave();
    await browser?.stop();
    await server?.stop();
  });

  /** Notes what the policy refuses, which a console need not say. */
  async function listen(person) {
    await person.page.exposeFunction("refused", (text) => person.faults.push(`refused: ${text}`));
    await person.page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        globalThis.refused(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
      });
    });
  }

  /** Does something on all pages, with all hands; says of all of them what is wrong. */
  async function everywhere(look) {
    const wrong = [];
    const left = addresses.values();
    const work = async (person) => {
      for (const address of left) {
        try {
          await person.open(address);
          await settled(person);
          await look(person, address);
        } catch (error) {
          wrong.push(`${address}: ${error.message}`);
        }
        for (const fault of person.faults.splice(0)) wrong.push(`${address}: ${fault}`);
      }
    };
    await Promise.all(people.map(work));
    assert.deepEqual(wrong, []);
  }

  /** Waits until what the page itself asks a host for is there. */
  async function settled({ page }) {
    const isThere = () => {
      const opens = document.querySelector('[hx-get][hx-trigger^="load"], .htmx-request');
      const live = document.querySelector("[hx-sse\\:connect]");
      return !opens && (!live || live.querySelector("dl, .pf-v6-c-alert"));
    };
    await page.waitForFunction(isThere);
  }

  test("are for all, by day and by night, on a phone and on a desk", async () => {
    await everywhere(async (person, address) => {
      for (const colorScheme of ["light", "dark"]) {
        await person.page.emulateMedia({ colorScheme });
        for (const size of ["small", "phone"]) {
          await person.page.setViewportSize(SIZES[size]);
          // Of what axe looks for, only colours are others at night.
          await person.isForAll(`${address}, ${colorScheme}, ${size}`, colorScheme === "dark" ? COLOURS : []);
          await person.picture(`pages/${fileOf(address, ids)}-${size}-${colorScheme}`);
        }
      }
    });
  });

  test("are gone through by the keyboard alone", async () => {
    for (const { page } of people) {
      await page.setViewportSize(SIZES.small);
      await page.emulateMedia({ colorScheme: "light" });
    }
    await everywhere(walk);
  });

  test("come over a slow line", async () => {
    const sizes = () => {
      const [page] = performance.getEntriesByType("navigation");
      return [page, ...performance.getEntriesByType("resource")].map(({ name, encodedBodySize }) => [name, encodedBodySize]);
    };
    const sum = (some) => some.reduce((all, [, size]) => all + size, 0);
    await everywhere(async ({ page }) => {
      const all = await page.evaluate(sizes);
      const own = sum(all.filter(([name]) => !name.includes("/ui/assets/")));
      const common = all.filter(([name]) => COMMON.test(name));
      assert(common.length >= 2, `the bundle is not there: ${JSON.stringify(all)}`);
      assert(own + sum(common) <= FIRST, `${own + sum(common)} bytes on the first visit`);
      assert(own > 0 && own <= LATER, `${own} bytes on a later visit`);
    });
  });

  test("before anybody has signed in, too", async () => {
    const guest = await browser.person(server.url, { viewport: SIZES.small });
    await listen(guest);
    for (const [size, colorScheme] of [["small", "light"], ["phone", "dark"]]) {
      await guest.page.setViewportSize(SIZES[size]);
      await guest.page.emulateMedia({ colorScheme });
      await guest.open("/ui/sign-in");
      await guest.isForAll(`signing in, ${size}, ${colorScheme}`);
      await guest.picture(`pages/sign-in-${size}-${colorScheme}`);
    }
    await guest.open("/ui/sign-in");
    await guest.page.setViewportSize(SIZES.small);
    await walk(guest, "signing in");
    await guest.leave();
  });
});

/** A name for a picture. */
function fileOf(address, ids) {
  const named = Object.entries(ids).reduce((text, [name, id]) => text.replaceAll(id, `a-${name}`), address);
  return decodeURIComponent(named).replace("/ui/", "").replaceAll(/[^\w-]+/g, "_") || "overview";
}
