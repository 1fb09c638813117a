// The page of a run while it goes on: groups of lines come by server-sent events and are put in between two frames.
// The browser keeps a bounded number of lines; a reader who has scrolled up is not moved.

/** Lines that the page keeps while its reader is at the end; who reads further up is given as many again. */
const KEPT = 5000;
/** Milliseconds of one frame that putting lines in may take. */
const FRAME_MS = 12;
/** How soon the head of the page is fetched again, and how long is waited before the next try, in milliseconds. */
const HEAD_MS = 1000;
const AGAIN_MS = [1000, 2000, 4000, 8000, 15000];

const log = document.getElementById("log");
if (log?.dataset.events) follow(log);

function follow(log) {
  const part = (name) => document.querySelector(`[data-${name}]`);
  const waiting = [];
  let lines = count(log);
  let atEnd = true;
  let busy = false;
  let last = "";
  let tries = 0;
  let headTimer = 0;

  part("live").hidden = false;
  part("to-end").addEventListener("click", toEnd);
  log.addEventListener("scroll", () => {
    atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
    part("to-end").hidden = atEnd;
  }, { passive: true });
  toEnd();
  connect();

  function toEnd() {
    atEnd = true;
    part("to-end").hidden = true;
    log.scrollTop = log.scrollHeight;
  }

  function connect() {
    const address = new URL(log.dataset.events, location);
    // Where we are; the browser itself says so when it comes back by itself.
    if (last) address.searchParams.set("after", last);
    const source = new EventSource(address);
    source.addEventListener("open", () => {
      tries = 0;
      part("lost").hidden = true;
    });
    source.addEventListener("rows", (event) => {
      last = event.lastEventId;
      waiting.push(event.data);
      // What would be taken off the page at once need not be put there.
      while (waiting.length > 100) {
        waiting.shift();
        part("dropped").hidden = false;
      }
      if (!busy) {
        busy = true;
        requestAnimationFrame(put);
      }
    });
    source.addEventListener("told", head);
    source.addEventListener("left", () => {
      source.close();
      part("live").hidden = true;
      part("live-left").hidden = false;
    });
    source.addEventListener("end", () => {
      source.close();
      part("live").hidden = true;
      head();
    });
    source.addEventListener("error", () => {
      part("lost").hidden = false;
      if (source.readyState !== EventSource.CLOSED) return;
      // A server that is going, or is not there yet, answers with a page: the browser gives up on that, we do not.
      setTimeout(connect, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
      tries += 1;
    });
  }

  function put() {
    const end = performance.now() + FRAME_MS;
    part("silent")?.remove();
    do {
      const group = document.createElement("div");
      group.className = "hep-log-group";
      group.innerHTML = waiting.shift();
      group.dataset.lines = count(group);
      lines += Number(group.dataset.lines);
      log.append(group);
    } while (waiting.length && performance.now() < end);
    drop();
    if (atEnd) log.scrollTop = log.scrollHeight;
    busy = waiting.length > 0;
    if (busy) requestAnimationFrame(put);
  }

  function drop() {
    const most = atEnd ? KEPT : 2 * KEPT;
    while (lines > most && log.childElementCount > 1) {
      const first = log.firstElementChild;
      lines -= Number(first.dataset.lines ?? count(first));
      first.remove();
      part("dropped").hidden = false;
    }
  }

  function head() {
    if (headTimer) return;
    headTimer = setTimeout(async () => {
      headTimer = 0;
      const now = document.getElementById("now");
      const answer = await fetch(now.dataset.now, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (!answer?.ok) return;
      const focused = now.contains(document.activeElement) && document.activeElement;
      now.outerHTML = await answer.text();
      if (!focused) return;
      // Whoever is on a control stays on it.
      const fresh = document.getElementById("now");
      const same = focused.id ? document.getElementById(focused.id) : null;
      (same ?? [...fresh.querySelectorAll("a")].find((link) => link.href === focused.href))?.focus();
    }, HEAD_MS);
  }
}

/** How many lines of output and other rows something has. */
function count(element) {
  let lines = 0;
  for (const row of element.querySelectorAll(".hep-e-lines")) lines += row.textContent.split("\n").length - 1;
  return lines + element.querySelectorAll(".hep-e-body > span, .hep-e-said").length;
}
