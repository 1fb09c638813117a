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
  /** Groups of rows that have come and are not on the page yet, and how many lines these have at most. */
  const waiting = [];
  let ahead = 0;
  let lines = count(log);
  let atEnd = true;
  /** Where the log was scrolled to. */
  let top = 0;
  let isBusy = false;
  /** Whether lines have been left out, so that all that is on the page goes before the next ones come. */
  let isTorn = false;
  /** The stream; none while the page has as much as it can hold and its reader is not at the end. */
  let source = null;
  let isOver = false;
  let last = "";
  let tries = 0;
  let headTimer = 0;

  part("live").hidden = false;
  part("to-end").addEventListener("click", toEnd);
  log.addEventListener("scroll", () => {
    // What is drawn may grow under a reader who has not moved: only who goes up leaves the end.
    if (log.scrollHeight - log.scrollTop - log.clientHeight < 48) atEnd = true;
    else if (log.scrollTop < top - 1) atEnd = false;
    top = log.scrollTop;
    part("to-end").hidden = atEnd;
    if (atEnd) goOn();
  }, { passive: true });
  toEnd();
  connect();

  function toEnd() {
    atEnd = true;
    part("to-end").hidden = true;
    stay();
    goOn();
  }

  /** Whoever is at the end stays there. */
  function stay() {
    if (!atEnd) return;
    log.scrollTop = log.scrollHeight;
    top = log.scrollTop;
  }

  function goOn() {
    if (source === null && last && !isOver) connect();
  }

  function connect() {
    const address = new URL(log.dataset.events, location);
    // Where we are; the browser itself says so when it comes back by itself.
    if (last) address.searchParams.set("after", last);
    const stream = new EventSource(address);
    source = stream;
    stream.addEventListener("open", () => {
      tries = 0;
      part("lost").hidden = true;
    });
    stream.addEventListener("rows", ({ lastEventId, data }) => {
      last = lastEventId;
      const many = data.split("\n").length;
      waiting.push({ markup: data, many });
      ahead += many;
      if (atEnd) leaveOut();
      else if (lines + ahead > 2 * KEPT) pause();
      soon();
    });
    stream.addEventListener("told", head);
    stream.addEventListener("left", () => {
      isOver = true;
      pause();
      part("live").hidden = true;
      part("live-left").hidden = false;
    });
    stream.addEventListener("end", () => {
      isOver = true;
      pause();
      part("live").hidden = true;
      head();
    });
    stream.addEventListener("error", () => {
      part("lost").hidden = false;
      if (stream.readyState !== EventSource.CLOSED) return;
      // A server that is going, or is not there yet, answers with a page: the browser gives up on that, we do not.
      setTimeout(connect, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
      tries += 1;
    });
  }

  /** Takes no more, until the reader is at the end: nothing that they read is taken away from them. */
  function pause() {
    source.close();
    source = null;
  }

  /** What would be taken off the page at once need not be put there. */
  function leaveOut() {
    while (ahead > KEPT && waiting.length > 1) {
      ahead -= waiting.shift().many;
      isTorn = true;
    }
  }

  function soon() {
    if (isBusy) return;
    isBusy = true;
    requestAnimationFrame(put);
  }

  function put() {
    const end = performance.now() + FRAME_MS;
    part("silent")?.remove();
    if (isTorn) clear();
    while (waiting.length && performance.now() < end) {
      const { markup, many } = waiting.shift();
      ahead -= many;
      const group = document.createElement("div");
      group.className = "hep-log-group";
      group.innerHTML = markup;
      group.dataset.lines = count(group);
      lines += Number(group.dataset.lines);
      log.append(group);
    }
    if (atEnd) drop();
    stay();
    isBusy = false;
    if (waiting.length) soon();
    // What is drawn may be higher than it was thought to be.
    else requestAnimationFrame(stay);
  }

  /** Takes all off the page: what comes next does not follow it. */
  function clear() {
    log.replaceChildren();
    [lines, isTorn, atEnd] = [0, false, true];
    part("dropped").hidden = false;
  }

  function drop() {
    while (lines > KEPT && log.childElementCount > 1) {
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
