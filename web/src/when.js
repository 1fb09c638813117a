// Fields that belong to some values of another field are shown with those only. The server says which they are at first;
// without this a button asks it again.
function show(form) {
  for (const group of form.querySelectorAll("[data-when]")) {
    const values = group.dataset.is.split(" ");
    const chosen = new FormData(form).get(group.dataset.when);
    // What is wrong stays to be seen.
    group.hidden = !values.includes(chosen ?? "") && !group.classList.contains("hep-wrong");
  }
  for (const part of form.querySelectorAll(".hep-fold, .hep-part")) {
    const groups = [...part.querySelectorAll(":scope > .pf-v6-c-form__group")];
    if (groups.length) part.hidden = groups.every((group) => group.hidden);
  }
}

const forms = document.querySelectorAll("form:has([data-when])");
for (const form of forms) form.addEventListener("change", () => show(form));
// A browser that comes back to a page fills in what was typed there.
addEventListener("pageshow", () => forms.forEach(show));
