// A test machine of the stories' own: Debian with systemd, as the fleet makes them.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { checkout, ofFleet } from "./server.mjs";

function script(name, ...words) {
  return execFileSync(join(checkout, "fleet", name), words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export class Machine {
  /** Starts one that nobody else uses. */
  constructor(name) {
    this.name = name;
    script("machine-up", "--fresh", name);
    this.address = this.#noted("address");
    this.port = this.#noted("port");
    this.password = ofFleet("machines/pwsudo.password");
    this.key = readFileSync(join(process.env.HEP_FLEET, "key"), "utf8");
  }

  #noted(file) {
    return ofFleet(`machines/${this.name}/${file}`);
  }

  /** Runs a shell script inside as root, behind the back of SSH; what it printed. */
  sh(line) {
    return script("machine-sh", this.name, "sh", "-euc", line);
  }

  /** What the machine itself says of its key. */
  get fingerprint() {
    return this.sh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split(" ")[1];
  }

  /** From now on it stays off when it is switched off. */
  staysOff() {
    script("machine-off", "stay", this.name);
  }

  /** Removes it. */
  remove() {
    script("machine-down", this.name);
  }
}
