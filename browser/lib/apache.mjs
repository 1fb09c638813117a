// Apache in front of a server, by the virtual host that examples/cluster writes.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const templates = new URL("../../examples/cluster/templates/", import.meta.url);
const PROGRAM = "/usr/sbin/apache2";
const MODULES = "/usr/lib/apache2/modules";
const SITE = "hephaestus";
/** What Debian switches on by itself, and what the example switches on. */
const LOADED = [
  "mpm_event", "authz_core", "env", "rewrite", "headers", "proxy", "proxy_http", "proxy_balancer",
  "proxy_hcheck", "slotmem_shm", "lbmethod_bybusyness",
];

/** A port that is free now, on an address. */
async function freePort(address) {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

export class Apache {
  #child;
  #said = "";

  /** Starts one in front of the address of a server. */
  static async start(behind) {
    const apache = new Apache();
    apache.#folder();
    const address = "127.0.0.1";
    const port = await freePort(address);
    apache.url = `http://${address}:${port}`;
    apache.#configure(`${address}:${port}`, new URL(behind).host);
    const tried = spawnSync(PROGRAM, [...apache.#words, "-t"], { encoding: "utf8" });
    assert.equal(tried.status, 0, `Apache (fleet/setup browser) does not take the example: ${tried.error ?? tried.stderr}`);
    apache.#child = spawn(PROGRAM, [...apache.#words, "-DFOREGROUND"], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [apache.#child.stdout, apache.#child.stderr]) stream.on("data", (text) => (apache.#said += text));
    return apache;
  }

  get #words() {
    return ["-d", this.folder, "-f", join(this.folder, "apache.conf")];
  }

  #folder() {
    this.folder = mkdtempSync(join(tmpdir(), "hep-apache-"));
    // Its workers are another user.
    chmodSync(this.folder, 0o755);
    for (const name of ["conf-available", "log", "www"]) mkdirSync(join(this.folder, name));
  }

  /** Our own main file, and the example's virtual host and members, at other addresses than those of the example. */
  #configure(listen, behind) {
    const template = (name) => readFileSync(new URL(name, templates), "utf8").replaceAll("{{ site }}", SITE);
    const site = template("site.conf.j2").replaceAll("*:80", listen).replaceAll(`/var/www/${SITE}`, join(this.folder, "www"));
    const members = template("members.conf.j2").replaceAll(/^\{%.*%\}\n/gm, "")
      .replace("{{ hostvars[node].address }}:8440", behind).replaceAll(/\{\{ ' status.*\}\}/g, "");
    for (const text of [site, members]) assert(!/\{[{%]/.test(text), `the example has changed:\n${text}`);
    writeFileSync(join(this.folder, `conf-available/${SITE}-members.conf`), members);
    const user = process.getuid() === 0 ? "User www-data\nGroup www-data\n" : "";
    const modules = LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so\n`).join("");
    writeFileSync(join(this.folder, "apache.conf"), `${modules}${user}
Define APACHE_LOG_DIR ${join(this.folder, "log")}
LogFormat "%h %t \\"%r\\" %>s %O" combined
DefaultRuntimeDir ${this.folder}
PidFile ${join(this.folder, "pid")}
ErrorLog ${join(this.folder, "log/error.log")}
ServerName ${SITE}
Listen ${listen}
Timeout 300
KeepAlive On
${site}`);
  }

  /** What it has to say for itself. */
  get said() {
    return this.#said + readFileSync(join(this.folder, "log/error.log"), "utf8");
  }

  async stop() {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
