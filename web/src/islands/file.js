// A file that is chosen is read here and put into the text beside it, to be seen. Without this it goes with the form.
for (const input of document.querySelectorAll("input[data-file-for]")) {
  const text = document.getElementById(input.dataset.fileFor);
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (!file) return;
    text.value = await file.text();
    const name = input.form.querySelector("input[name=name]");
    if (name) name.value = file.name;
  });
}
