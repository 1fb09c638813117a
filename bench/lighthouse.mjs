// What Lighthouse says of a page, for somebody who has signed in: `node bench/lighthouse.mjs ADDRESS COOKIE`, once as
// it sees a phone on a slow line and once a desk. Prints JSON.

import lighthouse, { desktopConfig } from "lighthouse";
import { launch } from "chrome-launcher";

const [address, cookie] = process.argv.slice(2);
const CATEGORIES = ["performance", "accessibility", "best-practices"];
/** Of a page that never falls silent it waits for so long, in milliseconds. */
const LONGEST = 20_000;
/** How often Chromium may fail to record a page, which Lighthouse then asks to do once more. */
const TRIES = 3;

const flags = ["--headless=new", "--disable-gpu"];
// Root may not have Chromium's sandbox in a container. All pages here are our own.
if (process.getuid() === 0) flags.push("--no-sandbox");
const chromium = await launch({ chromePath: "/usr/bin/chromium", chromeFlags: flags });
try {
  const found = {};
  for (const [form, config] of [["phone", undefined], ["desk", desktopConfig]]) {
    const asked = {
      port: chromium.port, output: "json", logLevel: "error", onlyCategories: CATEGORIES,
      extraHeaders: { Cookie: cookie }, maxWaitForLoad: LONGEST, disableStorageReset: true,
    };
    let lhr;
    for (let tries = 1; !lhr || (lhr.runtimeError && tries <= TRIES); tries += 1) {
      ({ lhr } = await lighthouse(address, asked, config));
    }
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    const scores = Object.fromEntries(CATEGORIES.map((name) => [name, lhr.categories[name].score * 100]));
    const missed = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs)
      .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
      .map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? ""}`.trim());
    found[form] = { ...scores, missed };
  }
  console.log(JSON.stringify(found));
} finally {
  chromium.kill();
}
