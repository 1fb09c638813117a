// `hep serve` at work for the stories, on a database of its own, beside the fleet that HEP_FLEET names.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { Apache } from "./apache.mjs";

/** Whether people come through Apache, as through the balancer of a cluster. */
const throughApache = process.env.HEP_THROUGH === "apache";
/** The checkout that is tested. */
export const checkout = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../..");
/** The program that is tested. */
export const hep = process.env.HEP ?? join(checkout, "target/debug/hep");

/** What is waited for longer than this, in milliseconds, does not come. */
export const PATIENCE = 60_000;
/** The administrator of every server here. */
export const ADMIN = { name: "ana", password: "the-hammer-of-the-smith" };

/** A file of the fleet, without the line's end. Says what to do where there is none. */
export function ofFleet(path) {
  assert(process.env.HEP_FLEET, "HEP_FLEET is not set: start these tests with `make test-browser`");
  return readFileSync(join(process.env.HEP_FLEET, path), "utf8").trim();
}

export class Server {
  #child;
  #environment;
  #said = "";
  #apache;
  /** Where it is itself. */
  #direct;

  /** Starts one with the administrator, unless `bare` is said: then it prints the link of its first start. */
  static async start({ bare = false, environment = {} } = {}) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), "hep-browser-"));
    server.#environment = {
      PATH: process.env.PATH,
      HOME: server.folder,
      HEP_STATE_DIRECTORY: server.folder,
      HEP_LISTEN: "127.0.0.1:0",
      HEP_LOG_LEVEL: "warn",
      HEP_TRUSTED_PROXIES: throughApache ? "127.0.0.1" : "",
      ...environment,
    };
    if (!bare) {
      server.user(ADMIN.name, "admin", ADMIN.password);
      server.token = server.hep(["admin", "create-token", ADMIN.name]).trim();
    }
    await server.#spawn();
    if (throughApache) {
      server.#apache = await Apache.start(server.#direct);
      server.url = server.#apache.url;
      await server.#reached();
    }
    return server;
  }

  /** Starts one that knows the hosts of the breadth fleet; their user can write in `shared`. */
  static async withFleet() {
    const known = join(process.env.HEP_FLEET, "breadth/known_hosts");
    const server = await Server.start({ environment: { HEP_KNOWN_HOSTS: known } });
    server.shared = mkdtempSync(join(tmpdir(), "hep-shared-"));
    // The hosts' user is another one.
    chmodSync(server.shared, 0o777);
    return server;
  }

  async #reached() {
    await this.until(() => this.#isReached(), "the server to be reached");
  }

  async #isReached() {
    const answer = await fetch(`${this.url}/readyz`).catch(() => null);
    return answer?.ok;
  }

  /** Runs `hep` on the same database; what it says. */
  hep(words, input = "") {
    return execFileSync(hep, words, { env: this.#environment, input, encoding: "utf8" });
  }

  /** Makes a user. */
  user(name, role, password) {
    this.hep(["admin", "create-user", name, "--role", role, "--password-stdin"], password);
  }

  async #spawn() {
    this.#child = spawn(hep, ["serve"], { env: this.#environment, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => (this.#said += `${line}\n`));
    }
    await this.until(() => {
      assert(this.#child.exitCode === null, `the server ended:\n${this.#said}`);
      return this.#said.match(/https?:\/\/[\d.]+:\d+/);
    }, "the server to listen");
    this.#direct = this.#said.match(/https?:\/\/[\d.]+:\d+/g).at(-1);
    if (!this.#apache) this.url = this.#direct;
  }

  /** All that it said. */
  get said() {
    return this.#said + (this.#apache?.said ?? "");
  }

  /** Waits until `look` gives something, which is the answer. */
  async until(look, what) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const found = await look();
      if (found) return found;
      assert(Date.now() < end, `waited for ${what} in vain; the server said:\n${this.said}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  /** A call of its API by the administrator; the body of the answer, which has to be a good one. */
  async call(method, path, body) {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    assert(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** A run of this subject to its end. */
  async run(subject, selector, more = {}) {
    const { id } = await this.call("POST", "/runs", { subject, selector, ...more });
    return this.until(async () => {
      const run = await this.call("GET", `/runs/${id}`);
      return ["queued", "running", "waiting"].includes(run.state) ? null : run;
    }, `the end of run ${id}`);
  }

  /** Puts so many hosts of the breadth fleet into the register, with their keys approved. */
  async breadth(count) {
    const key = readFileSync(join(process.env.HEP_FLEET, "key"), "utf8");
    const user = ofFleet("breadth/user");
    await this.call("POST", "/credentials", { name: "fleet", kind: "key", private_key: key, user });
    const addresses = ofFleet("breadth/addresses").split("\n").slice(0, count);
    for (const [index, address] of addresses.entries()) {
      const name = `h${String(index + 1).padStart(4, "0")}`;
      const port = Number(ofFleet("breadth/port"));
      await this.call("POST", "/hosts", { name, address, port, credential: "fleet" });
    }
  }

  /** Stops it in order and starts it again on the same address. */
  async restart() {
    await this.#end("SIGTERM");
    this.#environment.HEP_LISTEN = new URL(this.#direct).host;
    this.#said = "";
    await this.#spawn();
    // Apache looks for it every second.
    await this.#reached();
  }

  async #end(signal) {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill(signal);
    await ended;
  }

  /** Ends it, and removes what it kept. */
  async stop() {
    await this.#apache?.stop();
    await this.#end("SIGTERM");
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true });
    if (this.shared) rmSync(this.shared, { recursive: true, force: true });
  }
}
