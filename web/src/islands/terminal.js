// A terminal on a host, and recordings of such: xterm.js over a WebSocket, or over what was recorded.
//
// What the host shows only ever reaches xterm, which draws letters. Links, titles and the clipboard are not the host's.
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";

/** Pauses of a recording are not waited for longer than this, in seconds. */
const PAUSE = 2;
/** How much is written at once when a recording is not played but shown, in entries. */
const AT_ONCE = 500;
/** Bytes that go in one piece. */
const PIECE = 32 * 1024;
/** Where the wish for a screen reader is kept. */
const READER = "hep-terminal-reader";

/** xterm writes styles as texts of elements and as attributes, which our policy refuses: by the object model it may. */
function styleByObjects() {
  const create = document.createElement.bind(document);
  document.createElement = (name, options) => {
    if (name !== "style") return create(name, options);
    // Another element that shows nothing stands for it: a style is refused as soon as it is in the page, even an empty one.
    const made = create("template");
    const sheet = new CSSStyleSheet();
    document.adoptedStyleSheets.push(sheet);
    Object.defineProperty(made, "textContent", { set: (text) => sheet.replaceSync(text) });
    return made;
  };
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function setAttribute(name, value) {
    if (name === "style") this.style.cssText = value;
    else set.call(this, name, value);
  };
}

const BRIGHT = {
  black: "#1f1f1f", red: "#b1140a", green: "#2a6f1a", yellow: "#795600", blue: "#0050b3", magenta: "#7a2e8f", cyan: "#006a75", white: "#5c5c5c",
  brightBlack: "#4d4d4d", brightRed: "#c9190b", brightGreen: "#317d1f", brightYellow: "#8a6100", brightBlue: "#0066cc", brightMagenta: "#8f3aa6", brightCyan: "#00747f", brightWhite: "#3c3c3c",
};
const DARK = {
  black: "#5c5c5c", red: "#ff7468", green: "#7fd46a", yellow: "#f4c145", blue: "#73b7ff", magenta: "#d9a3f0", cyan: "#5fd3df", white: "#d2d2d2",
  brightBlack: "#8f8f8f", brightRed: "#ff9a91", brightGreen: "#a3e293", brightYellow: "#f9d67a", brightBlue: "#9ccdff", brightMagenta: "#e6c3f5", brightCyan: "#8fe2ea", brightWhite: "#ffffff",
};
const system = matchMedia("(prefers-color-scheme: dark)");

/** The colours of the page. */
function theme(screen) {
  const style = getComputedStyle(screen);
  const { color, backgroundColor } = style;
  const [red, green, blue] = backgroundColor.match(/[\d.]+/g).map(Number);
  const isDark = red + green + blue < 384;
  return {
    ...(isDark ? DARK : BRIGHT), background: backgroundColor, foreground: color, cursor: color, cursorAccent: backgroundColor,
    selectionBackground: isDark ? "#4f6b8f" : "#b9dafc",
  };
}

function terminal(screen, options) {
  const style = getComputedStyle(screen);
  const term = new Terminal({
    fontFamily: style.fontFamily, fontSize: 14, scrollback: 5000, theme: theme(screen), minimumContrastRatio: 4.5,
    linkHandler: { activate() {} }, screenReaderMode: localStorage.getItem(READER) === "yes", ...options,
  });
  // Links of the host's: their text stays, they lead nowhere.
  term.parser.registerOscHandler(8, () => true);
  term.open(screen);
  system.addEventListener("change", () => (term.options.theme = theme(screen)));
  return term;
}

/** A box that says whether somebody listens. */
function reader(box, term) {
  if (!box) return;
  box.checked = term.options.screenReaderMode;
  box.addEventListener("change", () => {
    term.options.screenReaderMode = box.checked;
    localStorage.setItem(READER, box.checked ? "yes" : "no");
  });
}

function live(section) {
  const part = (name) => section.querySelector(`[data-${name}]`);
  const screen = part("screen");
  const term = terminal(screen, { cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  const fit = new FitAddon();
  term.loadAddon(fit);
  fit.fit();
  reader(part("reader"), term);
  // The page was the answer to a form; loaded again it asks for the password, and sends nothing once more.
  history.replaceState(null, "", section.dataset.address);

  const address = new URL(section.dataset.terminal, location);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.search = new URLSearchParams({ columns: term.cols, rows: term.rows });
  const socket = new WebSocket(address, ["hep-terminal", `ticket.${section.dataset.ticket}`]);
  delete section.dataset.ticket;
  socket.binaryType = "arraybuffer";

  // The server sends no more than the page draws: a host that says much waits.
  let [drawn, told] = [0, 0];
  const tell = (bytes) => {
    drawn += bytes;
    if (drawn - told < PIECE || !isOpen()) return;
    told = drawn;
    socket.send(JSON.stringify({ drawn }));
  };

  let isOver = false;
  const say = (what, text) => {
    for (const one of part("state").children) one.hidden = one.dataset.when !== what;
    if (text) part("state").querySelector(`[data-when=${what}]`).textContent = text;
  };
  const over = (what, text) => {
    if (isOver) return;
    isOver = true;
    say(what, text);
    term.options.disableStdin = true;
    const [close, again] = [part("close"), part("again")];
    again.hidden = false;
    // Who was within is led to where it goes on.
    if (screen.contains(document.activeElement) || document.activeElement === close) again.focus();
    close.hidden = true;
  };
  socket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") {
      term.write(new Uint8Array(data), () => tell(data.byteLength));
      return;
    }
    const said = JSON.parse(data);
    if (said.run) {
      part("run").href = `/ui/runs/${said.run}`;
      part("run").hidden = false;
    }
    if (said.open) {
      say("connected");
      term.focus();
    }
    if (said.end) over("ended", said.hint ? `${said.end}. ${said.hint}` : said.end);
  });
  socket.addEventListener("close", () => over("refused"));

  const isOpen = () => socket.readyState === WebSocket.OPEN;
  const encoder = new TextEncoder();
  const type = (bytes) => {
    for (let at = 0; isOpen() && at < bytes.length; at += PIECE) socket.send(bytes.subarray(at, at + PIECE));
  };
  term.onData((text) => type(encoder.encode(text)));
  term.onBinary((text) => type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  term.onResize(({ cols, rows }) => {
    if (isOpen()) socket.send(JSON.stringify({ columns: cols, rows }));
  });
  new ResizeObserver(() => fit.fit()).observe(screen);

  // The way out by keys: no terminal has a byte for Ctrl and a full stop, so nothing of the host's is lost.
  term.attachCustomKeyEventHandler((event) => {
    if (!event.ctrlKey || event.key !== ".") return true;
    if (event.type === "keydown") (isOver ? part("again") : part("close")).focus();
    event.preventDefault();
    return false;
  });
  part("close").addEventListener("click", () => socket.close());
}

/** An asciicast: its size, and its entries. */
async function recording(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const [head, ...lines] = (await answer.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { head, entries: lines };
}

function played(section) {
  const part = (name) => section.querySelector(`[data-${name}]`);
  const play = part("play");
  let term = null;
  let cast = null;
  let next = 0;
  let timer = 0;
  const show = (isPlaying) => {
    play.querySelector("[data-when=playing]").hidden = !isPlaying;
    play.querySelector("[data-when=paused]").hidden = isPlaying;
  };
  const apply = ([, kind, text]) => {
    if (kind === "o") term.write(text);
    if (kind === "r") term.resize(...text.split("x").map(Number));
    if (kind === "m") term.write(`\r\n\u001b[7m ${text} \u001b[0m\r\n`);
  };
  const ready = async () => {
    if (cast) return true;
    try {
      cast = await recording(section.dataset.recording);
    } catch {
      part("failed").hidden = false;
      return false;
    }
    part("screen").hidden = false;
    term = terminal(part("screen"), { disableStdin: true, cols: cast.head.width, rows: cast.head.height });
    reader(part("reader"), term);
    return true;
  };
  const rewind = () => {
    next = 0;
    term.reset();
    term.resize(cast.head.width, cast.head.height);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    show(false);
  };
  const step = () => {
    const speed = Number(part("speed").value);
    const entry = cast.entries[next];
    if (!entry) return stop();
    apply(entry);
    next += 1;
    const wait = next < cast.entries.length ? Math.min(cast.entries[next][0] - entry[0], PAUSE) : 0;
    timer = setTimeout(step, (Math.max(wait, 0) * 1000) / speed);
  };
  play.addEventListener("click", async () => {
    if (timer) return stop();
    if (!(await ready())) return;
    if (next >= cast.entries.length) rewind();
    show(true);
    step();
  });
  part("to-end").addEventListener("click", async () => {
    if (!(await ready())) return;
    stop();
    // A long one is drawn in pieces, between which the page answers.
    const on = () => {
      for (let many = 0; many < AT_ONCE && next < cast.entries.length; many += 1, next += 1) apply(cast.entries[next]);
      if (next < cast.entries.length) term.write("", on);
    };
    on();
  });
  section.hidden = false;
}

for (const form of document.querySelectorAll("[data-scripted]")) form.hidden = false;
for (const note of document.querySelectorAll("[data-unscripted]")) note.hidden = true;
const [open, past] = [document.querySelector("[data-terminal]"), document.querySelector("[data-recording]")];
if (open || past) styleByObjects();
if (open) live(open);
if (past) played(past);
