// Finding over every page: Ctrl+K (or the button, or `/` outside of fields) opens the dialog, which asks the server
// while somebody types. The focus stays in the field; the arrows choose among what was found.
const dialog = document.querySelector("dialog#find");
const field = dialog?.querySelector("[role=combobox]");
const list = dialog?.querySelector("[role=listbox]");
const told = dialog?.querySelector("[role=status]");
const form = dialog?.querySelector("form");
/** How long somebody pauses before the server is asked, in milliseconds. */
const PAUSE = 60;

let asking = null;
let timer = 0;
let shown = null;

const options = () => [...list.querySelectorAll("[role=option]")];
const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const text = field.value.trim();
  try {
    const address = `${form.action}?q=${encodeURIComponent(text)}`;
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: asking.signal });
    // Whoever has been signed out meanwhile signs in on the page itself.
    if (!answer.ok) return location.assign(address);
    list.innerHTML = await answer.text();
    shown = text;
    field.setAttribute("aria-expanded", String(options().length > 0));
    told.textContent = list.querySelector("[data-many]")?.dataset.many ?? "";
    choose(options()[0]);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

function open() {
  if (dialog.open) return;
  dialog.showModal();
  field.select();
  if (shown === null) ask();
}

function move(by) {
  const all = options();
  if (!all.length) return;
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  choose(all[(at + by + all.length) % all.length]);
}

function onKey(event) {
  const chosen = list.querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && chosen && shown === field.value.trim()) chosen.click();
  else return;
  event.preventDefault();
}

/** Whether keys are typed there, by themselves. */
const isTyped = (target) =>
  target.isContentEditable || target.shadowRoot || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

if (dialog) {
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("a[data-find]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    const mod = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    const isFind = mod && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
    // A terminal has its own use of every key.
    const isOurs = !event.defaultPrevented && !event.target.closest?.(".xterm");
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyped(event.target);
    if (!isOurs || !(isFind || isSlash) || document.querySelector("dialog[open]:not(#find)")) return;
    event.preventDefault();
    open();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", onKey);
  dialog.querySelector("[data-find-close]").addEventListener("click", () => dialog.close());
  // A press beside the dialog closes it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
