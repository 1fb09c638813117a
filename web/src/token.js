// The token of the set-up link stands in the address after `#`, so that no log ever holds it.
const field = document.querySelector("input[data-token]");
if (field && location.hash.length > 1) {
  field.value = location.hash.slice(1);
  // It is not left in the address, where somebody else could read it from the screen.
  history.replaceState(null, "", location.pathname);
  field.form.querySelector("input[name=name]")?.focus();
}
