// Sends the form with the token of the link, which stands after `#` so that no log ever holds it.
const form = document.getElementById("form");
const said = document.getElementById("said");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const body = {
    token: location.hash.slice(1),
    name: fields.get("name"),
    password: fields.get("password"),
  };
  said.textContent = "…";
  try {
    const answer = await fetch("/api/v1/setup", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (answer.ok) {
      form.remove();
      said.textContent = `Done: ${told.name} is the first administrator, and is signed in here.`;
    } else {
      said.textContent = told.hint ? `${told.detail}. Hint: ${told.hint}.` : `${told.detail}.`;
    }
  } catch (error) {
    said.textContent = `The server did not answer: ${error.message}`;
  }
});
