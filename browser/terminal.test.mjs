// A terminal in the page: who may opens one with the password, types, leaves, and finds what was shown in the history.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Browser, SIZES } from "./lib/browser.mjs";
import { Machine } from "./lib/machine.mjs";
import { ADMIN, Server } from "./lib/server.mjs";

const OPERATOR = { name: "oto", password: "the-anvil-of-the-smith" };

describe("a terminal on a machine", () => {
  let browser, server, machine, ana;

  before(async () => {
    machine = new Machine("b4");
    [browser, server] = await Promise.all([
      Browser.start(),
      Server.start({ environment: { HEP_HOST_KEY: "accept-new" } }),
    ]);
    const { key, address, port } = machine;
    await server.call("POST", "/credentials", { name: "root", kind: "key", private_key: key, user: "root" });
    await server.call("POST", "/hosts", { name: "b4", address, port: Number(port), credential: "root" });
    server.user(OPERATOR.name, "operator", OPERATOR.password);
    ana = await browser.person(server.url);
    await ana.signIn();
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
    machine?.remove();
  });

  /** Opens a terminal by the tab of the host. */
  async function opened(person) {
    await person.open("/ui/hosts/b4");
    const tabs = person.page.getByRole("navigation", { name: "About this host" });
    await person.follow(tabs.getByRole("link", { name: "Terminal" }));
    await person.isForAll("the page before a terminal");
    await person.page.fill("input[type=password]", ADMIN.password);
    await person.page.getByRole("button", { name: "Open the terminal" }).click();
    await person.sees("Connected");
  }

  /** Waits until the screen shows a text. */
  async function shows(person, pattern) {
    const rows = person.page.locator("[data-screen] .xterm-rows");
    await server.until(async () => pattern.test(await rows.innerText()), `${pattern} on the screen`);
  }

  const type = (person, text) => person.page.keyboard.type(`${text}\n`);

  test("keys go there, and what the host shows comes back", async () => {
    await opened(ana);
    await type(ana, "tty; echo columns=$COLUMNS $TERM");
    await shows(ana, /\/dev\/pts\/\d+/);
    await shows(ana, /columns=\d+ xterm-256color/);
    await type(ana, "printf '\\033[38;2;200;30;30mtrue colour\\033[0m <b>no markup</b>\\n'");
    await shows(ana, /true colour <b>no markup<\/b>/);
    await ana.isForAll("a terminal");
    await ana.picture("terminal");
    assert.match(ana.page.url(), /\/ui\/hosts\/b4\/terminal$/);
  });

  test("it is as large as the window", async () => {
    const columns = () => Number(machine.sh("stty -F $(ls -t /dev/pts/[0-9]* | head -n1) size").split(" ")[1]);
    const before = columns();
    await ana.page.setViewportSize({ width: 800, height: 700 });
    await server.until(() => columns() < before, "a narrower terminal");
    await ana.page.setViewportSize(SIZES.desk);
    await server.until(() => columns() === before, "the terminal as it was");
  });

  test("much output is drawn to its end", async () => {
    await type(ana, "seq 1 200000; echo the en''d");
    await shows(ana, /200000\s+the end/);
  });

  test("keys lead out of it, and the host ends what ran", async () => {
    await type(ana, "echo sleeps; exec sleep 98765");
    await shows(ana, /sleeps/);
    assert.equal(machine.sh("pgrep -fc '[s]leep 98765'").trim(), "1");
    await ana.page.keyboard.press("Control+.");
    const close = ana.page.getByRole("button", { name: "Close the terminal" });
    assert(await close.evaluate((button) => button === document.activeElement));
    await ana.page.keyboard.press("Enter");
    await ana.page.getByRole("link", { name: "Open another one" }).waitFor();
    const gone = () => machine.sh("pgrep -fc '[s]leep 98765' || true").trim() === "0";
    await server.until(gone, "the end of what ran");
  });

  test("what was shown is read and played again", async () => {
    const see = ana.page.getByRole("link", { name: "See the recording" });
    const id = (await see.getAttribute("href")).split("/").pop();
    await server.until(async () => (await server.call("GET", `/runs/${id}`)).state === "succeeded", "the end of the run");
    await ana.follow(see);
    await ana.sees("The page was closed");
    await ana.isForAll("the run of a terminal");
    await ana.page.getByRole("button", { name: "Play" }).click();
    await shows(ana, /columns=\d+ xterm-256color/);
    await ana.page.getByRole("button", { name: "Show the end" }).click();
    await shows(ana, /sleeps/);
    await ana.isForAll("a recording");
    await ana.picture("recording");
    const text = await (await ana.page.request.get(`/ui/runs/${id}/text`)).text();
    assert.match(text, /\/dev\/pts\/\d+/);
    assert(!text.includes(ADMIN.password));
  });

  test("a wrong password opens nothing, and says so", async () => {
    await ana.open("/ui/hosts/b4/terminal");
    await ana.page.fill("input[type=password]", "not the password");
    await ana.page.getByRole("button", { name: "Open the terminal" }).click();
    await ana.sees("This is not the password");
    assert.equal(await ana.page.locator("[data-screen]").count(), 0);
  });

  test("signing out elsewhere ends it", async () => {
    await opened(ana);
    const [session] = await server.call("GET", `/users/${ADMIN.name}/sessions`).then((found) => found.items ?? found);
    await server.call("DELETE", `/users/${ADMIN.name}/sessions/${session.id}`);
    await ana.sees("The session has ended");
    await ana.signIn();
  });

  test("who may not sees no tab and gets none", async () => {
    const oto = await browser.person(server.url);
    await oto.signIn(OPERATOR);
    await oto.open("/ui/hosts/b4");
    await oto.sees("Processes");
    assert.equal(await oto.page.getByRole("link", { name: "Terminal" }).count(), 0);
    assert.equal(await oto.open("/ui/hosts/b4/terminal"), 403);
    await oto.leave();
  });

  test("without script the page says what to do instead, and a phone has room", async () => {
    const plain = await browser.person(server.url, { javaScriptEnabled: false });
    await plain.signIn();
    await plain.open("/ui/hosts/b4/terminal");
    await plain.sees("A terminal needs JavaScript");
    await plain.follow(plain.page.getByRole("link", { name: "Run a single command instead" }));
    await plain.leave();
    const phone = await browser.person(server.url, { viewport: SIZES.phone, colorScheme: "dark" });
    await phone.signIn();
    await opened(phone);
    await type(phone, "tty");
    await shows(phone, /\/dev\/pts\/\d+/);
    await phone.isForAll("a terminal on a phone");
    await phone.picture("terminal-phone-dark");
    await phone.leave();
    await ana.leave();
  });
});
