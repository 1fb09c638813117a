// The menu of a narrow page: the link that shows it (`#menu`) becomes a switch, and Escape closes it.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-menu]");
  if (!link) return;
  event.preventDefault();
  location.hash === "#menu" ? close() : open();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && location.hash === "#menu") close();
});

function open() {
  location.hash = "#menu";
  document.querySelector("#menu a")?.focus();
}

function close() {
  // `:target` follows the address only when the browser goes there itself.
  location.hash = "#";
  history.replaceState(null, "", location.pathname + location.search);
  document.querySelector("a[data-menu]")?.focus();
}
