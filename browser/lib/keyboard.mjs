// A walk through a page by the Tab key: every control is reached, in its order, seen while it has the focus, and left.

import assert from "node:assert/strict";

/** More keys than controls, for those that take several: dates, editors. */
const SPARE = 40;

/** Walks through the page that `person` has before them. */
export async function walk(person, what) {
  const { page } = person;
  await page.evaluate(prepare);
  const many = await page.evaluate(() => globalThis.walked.wanted.length);
  for (let pressed = 0; pressed < many + SPARE; pressed += 1) {
    await page.keyboard.press("Tab");
    // Whoever has it all need not press more; asked for now and then only.
    if (pressed >= many - 1 && (await page.evaluate(() => globalThis.walked.isThrough()))) break;
  }
  const { faults, first } = await page.evaluate(() => globalThis.walked.told());
  assert.deepEqual(faults, [], what);
  assert(first.includes("hep-skip") && first.includes("#main"), `${what}: the first key leads over the menu: ${first}`);
}

/** Runs in the page: notes what gets the focus, and what should. */
function prepare() {
  // From the top, wherever the page itself has put the focus.
  const top = document.body.insertAdjacentElement("afterbegin", document.createElement("span"));
  top.tabIndex = -1;
  top.focus();
  top.remove();
  const named = (element) => element.outerHTML.slice(0, 160);
  const group = (radio) => `${radio.form?.id}/${radio.name}`;
  const groups = new Set();
  const isStop = (element) => {
    if (element.tabIndex < 0 || element.matches(":disabled") || element.type === "hidden") return false;
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    if (element.type !== "radio") return true;
    // Of a group, the one that is chosen, or else the first.
    const all = [...document.querySelectorAll("input[type=radio]")].filter((one) => group(one) === group(element));
    if (groups.has(group(element)) || (all.some((one) => one.checked) && !element.checked)) return false;
    groups.add(group(element));
    return true;
  };
  const stops = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable=true]";
  const wanted = [...document.querySelectorAll(stops)].filter(isStop);
  const seen = [], unseen = [];
  const isShown = (element) => {
    for (let one = element, level = 0; one && level < 4; one = one.parentElement, level += 1) {
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      if (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0) return true;
    }
    return false;
  };
  document.addEventListener("focusin", ({ target }) => {
    if (seen.includes(target)) return;
    seen.push(target);
    const { width, height } = target.getBoundingClientRect();
    if (!isShown(target) || width === 0 || height === 0) unseen.push(target);
  });
  const reached = () => seen.filter((element) => wanted.includes(element));
  globalThis.walked = {
    wanted,
    isThrough: () => wanted.every((element) => seen.includes(element) || !element.isConnected),
    told: () => {
      const here = wanted.filter((element) => element.isConnected);
      const faults = here.filter((element) => !seen.includes(element)).map((element) => `not reached: ${named(element)}`);
      const order = reached().filter((element) => element.isConnected);
      const at = order.findIndex((element, index) => index && wanted.indexOf(element) < wanted.indexOf(order[index - 1]));
      if (at > 0) faults.push(`after ${named(order[at - 1])} came ${named(order[at])}`);
      faults.push(...unseen.filter((element) => wanted.includes(element)).map((element) => `no mark of the focus: ${named(element)}`));
      const first = seen[0]?.closest(".hep-skip")?.outerHTML ?? String(seen[0] && named(seen[0]));
      return { faults, first };
    },
  };
}
