// The first promise: somebody who knows no command registers servers, sees how they are, installs and removes
// packages, stops processes, starts servers anew and switches them off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser } from "./lib/browser.mjs";
import { Machine } from "./lib/machine.mjs";
import { Server } from "./lib/server.mjs";

describe("two servers and somebody without a shell", () => {
  let browser, server, machines, ana;

  before(async () => {
    machines = ["b1", "b2"].map((name) => new Machine(name));
    [browser, server] = await Promise.all([Browser.start(), Server.start()]);
    ana = await browser.person(server.url);
    await ana.signIn();
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
    for (const machine of machines ?? []) machine.remove();
  });

  /** Follows the link of the news to the run, waits for its end, and comes back to the host. */
  async function done(name) {
    await ana.follow(ana.page.getByRole("link", { name: "Show the run" }));
    await ana.sees("succeeded");
    await ana.isForAll(`the run of ${name}`);
    await ana.open(`/ui/hosts/${name}`);
  }

  /** Opens a tab of a host. */
  async function tab(name, text) {
    await ana.open(`/ui/hosts/${name}`);
    const tabs = ana.page.getByRole("navigation", { name: "About this host" });
    await ana.follow(tabs.getByRole("link", { name: text }));
  }

  test("servers are registered with a password and with a key", async () => {
    const [one, two] = machines;
    for (const [machine, fill] of [
      [one, async (page) => {
        await page.fill("#user", "pwsudo");
        await page.check("input[name=login][value=password]");
        await page.fill("#password", one.password);
        await page.fill("#become_password", one.password);
      }],
      [two, async (page) => {
        await page.fill("#user", "root");
        await page.check("input[name=login][value=key]");
        await page.fill("#private_key", two.key);
      }],
    ]) {
      await ana.open("/ui/hosts");
      await ana.follow(ana.page.getByRole("link", { name: "Add a host" }).first());
      await ana.isForAll("the form of a host");
      await ana.page.fill("#name", machine.name);
      await ana.page.fill("#address", machine.address);
      await ana.page.fill("#port", machine.port);
      await fill(ana.page);
      await ana.page.getByRole("button", { name: "Add a host" }).click();
      await ana.page.waitForURL(`**/ui/hosts/${machine.name}**`);
    }
    await ana.open("/ui/hosts");
    for (const { name } of machines) await ana.sees(name);
  });

  test("a key is approved by who has compared its fingerprint", async () => {
    for (const machine of machines) {
      await tab(machine.name, "Host key");
      await ana.page.getByRole("button", { name: /Ask/ }).click();
      await ana.sees(machine.fingerprint);
      await ana.isForAll("the key of a host");
      const line = ana.page.locator("li", { hasText: machine.fingerprint });
      await line.getByRole("button", { name: "Approve" }).click();
      await line.getByRole("button", { name: "Approve" }).waitFor({ state: "detached" });
    }
  });

  test("how a server is can be seen as it happens", async () => {
    for (const { name } of machines) {
      await tab(name, "Status");
      await ana.sees("Load (1, 5, 15 min)");
      await ana.sees("Memory");
      // It could not be reached before its key was approved; the head of the page follows without being asked for anew.
      await ana.page.locator("#host-now").getByText("reachable", { exact: true }).waitFor();
      await ana.isForAll("the status of a host");
    }
    // Something to be seen in the charts.
    const load = ana.page.locator("[data-load]");
    const first = await load.getAttribute("data-received");
    await server.until(async () => (await load.getAttribute("data-received")) !== first, "another look");
    await ana.picture("host");
  });

  test("a package comes onto a server and goes again", async () => {
    const [machine] = machines;
    await tab(machine.name, "Packages");
    await ana.page.fill("input[name=install]", "htop");
    await ana.page.getByRole("button", { name: "Install", exact: true }).first().click();
    await done(machine.name);
    assert.match(machine.sh("htop --version"), /htop/);
    await tab(machine.name, "Packages");
    await ana.page.getByRole("searchbox").first().fill("htop");
    await ana.page.getByRole("button", { name: "Search" }).click();
    await ana.page.getByRole("button", { name: /Remove.*: htop$/ }).click();
    await ana.sees(`Remove htop from ${machine.name}?`);
    await ana.isForAll("whether a package shall be removed");
    await ana.follow(ana.page.getByRole("link", { name: "No, go back" }));
    assert.match(machine.sh("htop --version"), /htop/);
    await ana.page.getByRole("searchbox").first().fill("htop");
    await ana.page.getByRole("button", { name: "Search" }).click();
    await ana.page.getByRole("button", { name: /Remove.*: htop$/ }).click();
    await ana.page.getByRole("button", { name: "Remove: htop" }).click();
    await done(machine.name);
    assert.equal(machine.sh("command -v htop || echo gone").trim(), "gone");
  });

  test("a process is found and stopped", async () => {
    const [machine] = machines;
    machine.sh("setsid nohup top -b -d 5 >/dev/null 2>&1 & sleep 0");
    await tab(machine.name, "Processes");
    await ana.page.getByRole("searchbox").first().fill("top");
    await ana.page.getByRole("button", { name: "Search" }).click();
    const stop = ana.page.getByRole("button", { name: /^Stop top/ }).first();
    await ana.page.waitForURL(/text=top/);
    await stop.waitFor();
    await ana.isForAll("the processes of a host");
    await stop.click();
    await ana.sees(/^Stop top \(\d+\) on b1\?$/);
    await ana.page.getByRole("button", { name: /^Stop top/ }).click();
    await done(machine.name);
    await server.until(() => machine.sh("pgrep -x top || true").trim() === "", "the end of top");
  });

  test("a server that wants to write into the pages is shown as it is, and no more", async () => {
    const [machine] = machines;
    const evil = "<img src=x onerror=owned=1><script>owned=1</script>";
    // A process, a service, a package and a file of such names, all of which systemd, dpkg and the kernel take.
    machine.sh(`
      esc=$(printf '\\033[31m')
      bash -c 'exec -a "$0" sleep 600' "${evil}$esc" </dev/null >/dev/null 2>&1 &
      printf '%s\\n' '[Unit]' "Description=${evil}$esc" '[Service]' 'ExecStart=/bin/sleep 600' > /etc/systemd/system/evil.service
      systemctl daemon-reload && systemctl start evil
      mkdir -p /tmp/evil/DEBIAN && printf '%s\\n' 'Package: evil' 'Version: 1' 'Architecture: all' \
        'Maintainer: nobody <nobody@example.com>' "Description: ${evil}$esc" > /tmp/evil/DEBIAN/control
      dpkg-deb --build /tmp/evil /tmp/evil.deb && dpkg -i /tmp/evil.deb
      mkdir -p /tmp/files && touch "/tmp/files/\$(printf '${evil.replaceAll("/", "")}\\033]0;owned\\007')"`);
    for (const [text, found] of [["Processes", "sleep"], ["Services", "evil"], ["Packages", "evil"]]) {
      await tab(machine.name, text);
      await ana.page.getByRole("searchbox").first().fill(found);
      await ana.page.getByRole("button", { name: "Search" }).click();
      await ana.page.waitForURL(/text=/);
      await ana.sees("<img src=x onerror=owned=1>");
      await isAlone();
    }
    await ana.open(`/ui/run?selector=${machine.name}`);
    await ana.page.fill("#line", "ls /tmp/files; systemctl status evil | cat; ps ax");
    await ana.page.locator("main form button.pf-m-primary").click();
    await ana.page.locator("input[name=seen]").waitFor({ state: "attached" });
    await ana.page.locator("main form button.pf-m-primary").click();
    await ana.page.waitForURL(/\/ui\/runs\/[^/]+$/);
    await ana.page.locator("#log").getByText("onerror=owned=1").first().waitFor();
    await ana.page.locator(".hep-part", { hasText: "succeeded" }).waitFor();
    await isAlone();
    await ana.isForAll("the output of a hostile host");
    machine.sh("systemctl stop evil");
  });

  /** Nothing that a host said has become more than text. */
  async function isAlone() {
    const found = await ana.page.evaluate(() => [globalThis.owned, document.title.includes("owned"),
      document.querySelectorAll("main script, main img").length, /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/.test(document.body.innerText)]);
    assert.deepEqual(found, [undefined, false, 0, false], ana.page.url());
  }

  test("a server is started anew, and is back", async () => {
    const [, machine] = machines;
    const born = machine.sh("stat -c %Z /proc/1");
    await ana.open(`/ui/hosts/${machine.name}`);
    await ana.page.getByText("More", { exact: true }).click();
    await ana.follow(ana.page.getByRole("link", { name: "Reboot" }));
    await ana.isForAll("whether a host shall be started anew");
    await ana.page.getByRole("button", { name: new RegExp(`: ${machine.name}$`) }).click();
    await done(machine.name);
    assert.notEqual(machine.sh("stat -c %Z /proc/1"), born);
  });

  test("a server is switched off, and seen to be out of reach", async () => {
    const [, machine] = machines;
    machine.staysOff();
    await ana.open(`/ui/hosts/${machine.name}/power-off`);
    await ana.page.getByRole("button", { name: new RegExp(`: ${machine.name}$`) }).click();
    await done(machine.name);
    await ana.sees("The host does not answer");
    // The register is told about once a second.
    await server.until(async () => {
      await ana.open("/ui/");
      const problems = ana.page.locator("section", { hasText: "What needs a look" });
      return problems.getByRole("link", { name: machine.name, exact: true }).count();
    }, "the host among the problems");
    await ana.sees("unreachable");
    await ana.isForAll("the overview with a problem");
    await ana.picture("overview");
    await ana.leave();
  });
});
