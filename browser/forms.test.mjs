// Forms in the page: whatever the server can do is asked for by somebody who fills fields in, and is done.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Browser, SIZES } from "./lib/browser.mjs";
import { Server } from "./lib/server.mjs";

const HOSTS = 3;

describe("somebody who fills forms in", () => {
  let browser, server;

  before(async () => {
    [browser, server] = await Promise.all([Browser.start(), Server.withFleet()]);
    await server.breadth(HOSTS);
    for (let number = 1; number <= 25; number += 1) {
      await server.call("POST", "/hosts", { name: `many${String(number).padStart(2, "0")}`, address: "127.0.0.1", port: 1 });
    }
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });

  const person = async (options) => {
    const ana = await browser.person(server.url, options);
    await ana.signIn();
    return ana;
  };
  /** The button that sends the form. */
  const send = (ana) => ana.page.locator("main form .hep-actions button.pf-m-primary").click();
  /** Opens what is folded. */
  const unfold = (ana, text) => ana.page.locator("summary", { hasText: text }).first().click();

  test("a host with everything, and changed", async () => {
    const ana = await person();
    await ana.open("/ui/hosts/-/new");
    await ana.isForAll("the form of a host");
    const { page } = ana;
    await page.fill("#name", "full1");
    await page.fill("#address", "127.0.0.1");
    await page.fill("#port", "1");
    await page.fill("#user", "ana");
    assert(await page.locator("#private_key").isHidden(), "what belongs to another way in is not shown");
    await page.check("input[name=login][value=known]");
    await page.selectOption("#credential", "fleet");
    await page.fill("#labels", "env=prod\nrack=7");
    await page.fill("#notes", "two\nlines");
    await unfold(ana, "What it is");
    await page.fill("#memory_bytes", "2GB");
    await page.fill("#cpus", "4");
    await page.fill("#disk_bytes", "120GB");
    await page.selectOption("#family", "StorageOptimized");
    await page.fill("#drivers", "docker lxc");
    await unfold(ana, "Addresses in its networks");
    await page.fill("#local_ipv4", "10.0.0.7");
    await page.fill("#mac", "52:54:00:12:34:56");
    await unfold(ana, "Further settings");
    await page.fill("#vars", "port: 80");
    await send(ana);
    await page.waitForURL("**/ui/hosts/full1/keys");
    const made = await server.call("GET", "/hosts/full1");
    const told = { memory_bytes: 2 * 1024 ** 3, cpus: 4, disk_bytes: 120 * 1024 ** 3, family: "StorageOptimized",
      drivers: ["docker", "lxc"], local_ipv4: "10.0.0.7", mac: "52:54:00:12:34:56", credential: "fleet", user: "ana",
      vars: { port: 80 }, labels: { env: "prod", rack: "7" }, notes: "two\nlines", enabled: true };
    for (const [name, value] of Object.entries(told)) assert.deepEqual(made[name], value, name);
    // Nobody touches it: nothing is changed.
    await ana.open("/ui/hosts/full1/edit");
    await ana.isForAll("the form of a host that is there");
    await send(ana);
    await page.waitForURL("**/ui/hosts/full1");
    const same = await server.call("GET", "/hosts/full1");
    for (const name of ["version", "modified"]) for (const host of [same, made]) delete host[name];
    assert.deepEqual(same, made);
    await ana.open("/ui/hosts/full1/edit");
    await page.fill("#port", "99999");
    await unfold(ana, "What it is");
    await page.fill("#memory_bytes", "much");
    await send(ana);
    await ana.sees("is not the port of an sshd");
    await ana.sees("is not a size");
    assert.equal(await page.evaluate(() => document.activeElement.id), "port", "at the first that is wrong");
    assert.equal(await page.inputValue("#memory_bytes"), "much");
    await ana.isForAll("the form of a host with faults");
    await page.fill("#port", "2222");
    await page.fill("#memory_bytes", "4GB");
    await send(ana);
    await page.waitForURL("**/ui/hosts/full1");
    assert.equal((await server.call("GET", "/hosts/full1")).memory_bytes, 4 * 1024 ** 3);
    await ana.leave();
  });

  test("a group is filled by a picker that searches while one types", async () => {
    const ana = await person();
    const { page } = ana;
    await ana.open("/ui/groups/-/new");
    await page.fill("#name", "picked");
    await send(ana);
    await page.waitForURL("**/ui/groups/picked");
    await ana.follow(page.getByRole("link", { name: "Choose its hosts" }));
    await page.locator("#q").pressSequentially("many0");
    await page.check("input[name=add][value=many03]");
    await page.fill("#q", "h000");
    await page.check("input[name=add][value=h0001]");
    assert(await page.isChecked("input[name=add][value=many03]"), "what is ticked stays");
    await ana.isForAll("the picker of hosts");
    await send(ana);
    await page.waitForURL("**/ui/groups/picked");
    const names = async () => (await server.call("GET", "/hosts?group=picked")).items.map(({ name }) => name);
    assert.deepEqual(await names(), ["h0001", "many03"]);
    await ana.open("/ui/groups/picked/hosts");
    await page.check("input[name=remove][value=many03]");
    await send(ana);
    await page.waitForURL("**/ui/groups/picked");
    assert.deepEqual(await names(), ["h0001"]);
    await ana.leave();
    // By hand, without script.
    const bea = await person({ javaScriptEnabled: false });
    await bea.open("/ui/groups/picked/hosts");
    await bea.page.fill("#q", "many05");
    await bea.page.keyboard.press("Enter");
    await bea.page.check("input[name=add][value=many05]");
    await send(bea);
    await bea.page.waitForURL("**/ui/groups/picked");
    assert.deepEqual(await names(), ["h0001", "many05"]);
    await bea.leave();
  });

  test("a job with a parameter is saved, started and changed", async () => {
    const ana = await person();
    const { page } = ana;
    const made = join(server.shared, "by-the-job");
    await ana.open("/ui/jobs/-/new");
    await ana.isForAll("the form of a job");
    await page.fill("#name", "write");
    await page.fill("#selector", "h0001");
    await page.fill("#line", `printf '%s' "$text" > ${made}`);
    await unfold(ana, "How it goes over the hosts");
    await page.fill("#forks", "2");
    await page.selectOption("#concurrency", "queue");
    await unfold(ana, "One more parameter");
    await page.fill("#parameter0_name", "text");
    await page.check("#parameter0_required");
    await send(ana);
    await page.waitForURL("**/ui/jobs/write");
    const job = await server.call("GET", "/jobs/write");
    assert.deepEqual([job.strategy, job.concurrency, job.parameters[0].required], [{ forks: 2 }, "queue", true]);
    await ana.follow(page.getByRole("link", { name: "Start", exact: true }));
    await page.fill("#value_text", "it's <here>");
    await send(ana);
    await page.waitForURL(/\/ui\/runs\/[^/]+$/);
    await page.locator(".hep-part", { hasText: "h0001" }).getByText("succeeded").waitFor();
    assert.equal(readFileSync(made, "utf8"), "it's <here>");
    await ana.open("/ui/jobs/write/edit");
    await ana.isForAll("the form of a job that is there");
    await page.selectOption("#kind", "services.restart");
    assert(await page.locator("#line").isHidden() && await page.locator("#service").isVisible());
    await page.fill("#service", "{{ text }}");
    await send(ana);
    await page.waitForURL("**/ui/jobs/write");
    const now = await server.call("GET", "/jobs/write");
    assert.deepEqual(now.subject, { kind: "verb", verb: "services.restart", parameters: { name: "{{ text }}" } });
    await ana.leave();
  });

  test("a file is pushed, and lies on the host as it was", async () => {
    const bytes = Buffer.from([0, 255, 13, 10, ...Buffer.from("<b>é</b>\r\n")]);
    const chosen = join(server.shared, "chosen.bin");
    writeFileSync(chosen, bytes);
    for (const javaScriptEnabled of [true, false]) {
      const ana = await person({ javaScriptEnabled });
      const { page } = ana;
      const pushed = join(server.shared, `pushed-${javaScriptEnabled}`);
      await ana.open("/ui/run?selector=h0002");
      await page.selectOption("#kind", "copy");
      if (!javaScriptEnabled) await page.locator("main form button[name=more]").first().click();
      await page.setInputFiles("#file", chosen);
      await page.fill("#dest", pushed);
      await page.fill("#mode", "0640");
      await send(ana);
      await ana.sees("chosen.bin");
      if (javaScriptEnabled) await ana.isForAll("whether a file is meant");
      await send(ana);
      await page.waitForURL(/\/ui\/runs\/[^/]+$/);
      const id = new URL(page.url()).pathname.split("/").at(-1);
      const run = await server.until(async () => {
        const now = await server.call("GET", `/runs/${id}`);
        return ["queued", "running"].includes(now.state) ? null : now;
      }, "the end of the run");
      assert.equal(run.state, "succeeded");
      assert.deepEqual(readFileSync(pushed), bytes);
      await ana.leave();
    }
  });

  test("a signal ends a program on a whole selection, and what would be done can be seen before", async () => {
    const ana = await person();
    const { page } = ana;
    await ana.open("/ui/run?selector=h0001,h0002");
    await page.selectOption("#kind", "processes.signal");
    await page.fill("#process", "no-such-program");
    await send(ana);
    await ana.sees("End running programs");
    await send(ana);
    await page.waitForURL(/\/ui\/runs\/[^/]+$/);
    await page.locator(".hep-part", { hasText: "h0002" }).getByText("succeeded").waitFor();
    const made = join(server.shared, "only-looked");
    await ana.open("/ui/run?selector=h0001&kind=copy");
    await page.fill("#text", "x");
    await page.fill("#dest", made);
    await unfold(ana, "More about what is run");
    await page.check("#check");
    await send(ana);
    await send(ana);
    await page.waitForURL(/\/ui\/runs\/[^/]+$/);
    await page.locator(".hep-part", { hasText: "h0001" }).getByText("succeeded").waitFor();
    assert(!existsSync(made));
    await ana.leave();
  });

  test("an inventory is shown before it is taken", async () => {
    const ana = await person();
    const { page } = ana;
    const text = "[shop]\nshop1 ansible_host=192.0.2.11\nshop2 ansible_host=192.0.2.12 ansible_user=deploy\n[shop:vars]\nport=80\n";
    const file = join(server.shared, "inventory.ini");
    writeFileSync(file, text);
    await ana.open("/ui/hosts/-/import");
    await page.setInputFiles("input[type=file]", file);
    await page.waitForFunction(() => document.getElementById("text").value.includes("shop2"));
    await send(ana);
    await ana.sees("shop2");
    await ana.isForAll("what an import would do");
    assert.equal((await server.call("GET", "/hosts?q=shop")).items.length, 0);
    await page.locator("button[name=apply]").click();
    await page.waitForURL("**/ui/hosts");
    const hosts = (await server.call("GET", "/hosts?group=shop")).items;
    assert.deepEqual(hosts.map(({ name, address, user }) => [name, address, user]),
      [["shop1", "192.0.2.11", null], ["shop2", "192.0.2.12", "deploy"]]);
    await ana.leave();
  });

  test("hosts chosen on two pages are changed at once", async () => {
    const ana = await person();
    const { page } = ana;
    await ana.open("/ui/hosts?size=20&text=many");
    await page.check("input[name=host][value=many02]");
    await page.locator("button[name=cursor]", { hasText: "Next" }).click();
    await page.check("input[name=host][value=many24]");
    await page.getByRole("button", { name: "Do something", exact: false }).first().click();
    await page.waitForURL("**/-/bulk?**");
    await ana.sees("Chosen hosts: 2");
    await ana.isForAll("many hosts at once");
    await page.fill("input[name=label]", "chosen=yes");
    await page.locator("button[name=do][value=label]").click();
    await page.waitForURL((url) => !url.search.includes("host="));
    const hosts = (await server.call("GET", "/hosts?label=chosen=yes")).items;
    assert.deepEqual(hosts.map(({ name }) => name), ["many02", "many24"]);
    await ana.leave();
  });

  test("a role, a user who has it, and a credential that is never shown again", async () => {
    const ana = await person();
    const { page } = ana;
    await ana.open("/ui/roles/-/new");
    await page.fill("#name", "porter");
    await page.check("input[name=verbs][value=view]");
    await page.check("input[name=verbs][value=power]");
    await ana.isForAll("the form of a role");
    await send(ana);
    await page.waitForURL("**/ui/roles/porter");
    await ana.open("/ui/users/-/new");
    await page.fill("#name", "carl");
    await page.fill("#password", "the-word-of-carl");
    await page.selectOption("#role", "porter");
    await ana.isForAll("the form of a user");
    await send(ana);
    await page.waitForURL("**/ui/users/carl");
    const carl = await browser.person(server.url);
    await carl.signIn({ name: "carl", password: "the-word-of-carl" });
    await carl.open("/ui/run");
    const kinds = await carl.page.locator("#kind option").evaluateAll((all) => all.map(({ value }) => value));
    assert(kinds.includes("power.off") && !kinds.includes("command"), kinds.join(" "));
    await carl.leave();
    await ana.open("/ui/credentials/-/new");
    await page.fill("#name", "pair");
    await page.selectOption("#kind", "key");
    await page.check("#generate");
    await ana.isForAll("the form of a credential");
    await send(ana);
    await page.waitForURL("**/ui/credentials/pair");
    await ana.sees("ssh-ed25519 ");
    await ana.open("/ui/credentials/-/new");
    await page.fill("#name", "word");
    await page.selectOption("#kind", "password");
    await page.fill("#password", "canary-of-a-password");
    await send(ana);
    await page.waitForURL("**/ui/credentials/word");
    for (const path of ["/ui/credentials/word", "/ui/credentials/word/edit", "/ui/credentials/pair/edit"]) {
      await ana.open(path);
      assert(!/canary|PRIVATE KEY/.test(await page.content()), path);
    }
    await ana.leave();
  });

  test("a keyboard is enough", async () => {
    const ana = await person();
    const { page } = ana;
    await ana.open("/ui/run");
    const until = async (id) => {
      for (let presses = 0; presses < 60; presses += 1) {
        if (await page.evaluate(() => document.activeElement.id) === id) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`nobody comes to ${id} by the keyboard`);
    };
    await until("selector");
    await page.keyboard.type("h0001");
    await until("line");
    await page.keyboard.type("echo by-the-keys");
    await until("description");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/ui/run");
    await page.locator("input[name=seen]").waitFor({ state: "attached" });
    await page.locator("main form .hep-actions button.pf-m-primary").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/ui\/runs\/[^/]+$/);
    await ana.sees("by-the-keys");
    await ana.leave();
  });

  test("every form fits a phone, by day and by night, in three languages", async () => {
    const paths = ["/ui/run", "/ui/hosts/-/new", "/ui/hosts/h0001/edit", "/ui/hosts/-/import", "/ui/hosts/-/bulk?selector=h*",
      "/ui/groups/-/new", "/ui/groups/picked/hosts", "/ui/jobs/-/new", "/ui/jobs/write/edit", "/ui/jobs/write/start",
      "/ui/credentials/-/new", "/ui/users/-/new", "/ui/roles/-/new", "/ui/teams/-/new", "/ui/partitions/-/new",
      "/ui/repositories/-/new", "/ui/grants/-/new", "/ui/tokens/-/new"];
    for (const [locale, colorScheme] of [["en-GB", "light"], ["pt-BR", "dark"], ["es-ES", "light"]]) {
      const ana = await person({ viewport: SIZES.phone, locale, colorScheme });
      for (const path of paths) {
        assert.equal(await ana.open(path), 200, path);
        await ana.isForAll(`${path}, ${locale}, ${colorScheme}`);
      }
      await ana.leave();
    }
  });
});
