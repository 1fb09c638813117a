// Parts of a page that follow what happens (`data-follows`). What is the same stays; what is not is put in by htmx's morph, so
// that focus, ticks and the place on the page stay where they are. A list does not change its order under a moving hand.
import htmx from "htmx.org/dist/htmx.esm.js";

/** How long is waited before the next try, in milliseconds. */
const AGAIN_MS = [1000, 2000, 4000, 8000, 15000];
/** After how many milliseconds a hand that lies still is no hand. */
const STILL_MS = 1500;
/** How long a page that somebody leaves is not asked for anew, in milliseconds: that would end what they went for. A
 * download looks like leaving too, and stays. */
const LEAVING_MS = 20_000;

let morph;
htmx.registerExtension("live", { init: (api) => { morph = api.morph; } });

let source = null;
let address = null;
let tries = 0;
let moved = -Infinity;
let left = -Infinity;
let isPressed = false;
/** Parts that wait until nobody is at them, by id. */
const waiting = new Map();

function look() {
  const wanted = document.querySelector("[data-follows]")?.dataset.follows ?? null;
  if (wanted === address) return;
  source?.close();
  waiting.clear();
  address = wanted;
  tries = 0;
  if (address) connect();
}

function connect() {
  const mine = new EventSource(address);
  source = mine;
  mine.addEventListener("open", () => {
    tries = 0;
    tell("lost", false);
  });
  mine.addEventListener("parts", (event) => put(event.data));
  mine.addEventListener("anew", () => hold("", () => { waiting.clear(); location.reload(); }));
  mine.addEventListener("left", () => {
    mine.close();
    tell("left", true);
  });
  mine.addEventListener("error", () => {
    if (mine !== source) return;
    tell("lost", true);
    if (mine.readyState !== EventSource.CLOSED) return;
    // A server that is going, or is not there yet, answers with a page: the browser gives up on that, we do not.
    setTimeout(() => { if (mine === source) connect(); }, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
    tries += 1;
  });
}

/** Shows or hides what is said of the line to the server. */
function tell(what, isSo) {
  const said = document.querySelector(`[data-live-${what}]`);
  if (said) said.hidden = !isSo;
}

function put(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  for (const fresh of [...template.content.children]) {
    const old = document.getElementById(fresh.id);
    const held = [...waiting.values()].map(({ part }) => part?.querySelector(`#${CSS.escape(fresh.id)}`)).find(Boolean);
    held?.replaceWith(fresh.cloneNode(true));
    if (!old || old.isEqualNode(fresh)) continue;
    if (old.dataset.calm !== undefined && isInUse(old)) hold(fresh.id, () => swap(fresh.id), fresh);
    else swap(fresh.id, fresh);
  }
}

function swap(id, fresh = waiting.get(id)?.part) {
  const old = document.getElementById(id);
  waiting.delete(id);
  if (!old || !fresh) return;
  // What somebody has ticked stays ticked.
  for (const box of fresh.querySelectorAll("input[type=checkbox]")) {
    const same = [...old.querySelectorAll("input[type=checkbox]")].find(({ name, value }) => name === box.name && value === box.value);
    if (same) box.toggleAttribute("checked", same.checked);
  }
  const fragment = document.createDocumentFragment();
  fragment.append(fresh);
  morph(old, fragment, false);
}

/** Whether a hand is about to choose something in it. */
function isInUse(element) {
  return element.matches(":hover") && performance.now() - moved < STILL_MS;
}

/** Does something as soon as nobody is at work, or about to choose something in what it would change. */
function hold(id, then, part) {
  const isFirst = waiting.size === 0;
  waiting.set(id, { then, part });
  if (isFirst) free();
}

function free() {
  for (const [id, { then }] of [...waiting]) {
    const place = id ? document.getElementById(id) : null;
    const isBusy = place ? isInUse(place) : isAtWork();
    if (!isBusy) then();
  }
  if (waiting.size) setTimeout(free, STILL_MS);
}

/** Whether somebody types, presses something, or is on the way to another page. */
function isAtWork() {
  const isTyping = document.activeElement?.matches?.("input, select, textarea");
  return isTyping || isPressed || performance.now() - left < LEAVING_MS;
}

window.addEventListener("beforeunload", () => { left = performance.now(); });
for (const [name, is] of [["pointerdown", true], ["pointerup", false], ["pointercancel", false]]) {
  document.addEventListener(name, () => { isPressed = is; }, { passive: true, capture: true });
}
document.addEventListener("pointermove", () => { moved = performance.now(); }, { passive: true });
document.addEventListener("htmx:after:swap", look);
look();
