// A file that is too large is said so where it is chosen, and not sent. Without this the server says it.
for (const input of document.querySelectorAll("input[data-most]")) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.setCustomValidity(file && file.size > Number(input.dataset.most) ? input.dataset.large : "");
    input.reportValidity();
  });
}
