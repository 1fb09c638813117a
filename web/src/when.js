// Fields that belong to some values of another field are shown with those only. Without this all of them are there.
function show(form) {
  for (const group of form.querySelectorAll("[data-when]")) {
    const values = group.dataset.is.split(" ");
    const chosen = new FormData(form).get(group.dataset.when);
    // What is wrong stays to be seen.
    group.hidden = !values.includes(chosen ?? "") && !group.classList.contains("hep-wrong");
  }
}

for (const form of document.querySelectorAll("form:has([data-when])")) {
  show(form);
  form.addEventListener("change", () => show(form));
}
