// Shows the OpenAPI document and tries its calls. Everything is put in as text, never as markup.
"use strict";

const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};

const resolve = (api, schema) =>
  schema && schema.$ref ? schema.$ref.slice(2).split("/").reduce((at, key) => at[key], api) : schema;

// An example of what a schema describes.
const example = (api, schema, depth = 0) => {
  const found = resolve(api, schema) || {};
  if (depth > 4) return null;
  if (found.example !== undefined) return found.example;
  if (found.default !== undefined) return found.default;
  if (found.enum) return found.enum[0];
  const one = found.allOf || found.oneOf || found.anyOf;
  if (one) return example(api, one.find((part) => part.type !== "null") || one[0], depth + 1);
  const type = Array.isArray(found.type) ? found.type.find((word) => word !== "null") : found.type;
  if (type === "object" || found.properties) {
    const wanted = new Set(found.required || []);
    const entries = Object.entries(found.properties || {}).filter(([key]) => wanted.has(key));
    return Object.fromEntries(entries.map(([key, part]) => [key, example(api, part, depth + 1)]));
  }
  if (type === "array") return [];
  if (type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  return "";
};

const field = (parameter) => {
  const input = make("input", { name: parameter.name, required: !!parameter.required });
  const words = `${parameter.name} (${parameter.in}${parameter.required ? ", needed" : ""})`;
  const note = make("span", { className: "note", textContent: ` ${parameter.description || ""}` });
  return { input, parameter, label: make("label", {}, words, note, input) };
};

const attempt = async (method, path, fields, body, out) => {
  let address = path;
  const query = new URLSearchParams();
  for (const { input, parameter } of fields) {
    if (parameter.in === "path") {
      address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    } else if (parameter.in === "query" && input.value) {
      query.append(parameter.name, input.value);
    }
  }
  const headers = { Accept: "application/json" };
  const token = document.getElementById("token").value;
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  out.textContent = "…";
  try {
    const text = query.toString();
    const answer = await fetch(text ? `${address}?${text}` : address, {
      method: method.toUpperCase(), headers, body: body ? body.value : undefined,
    });
    const said = await answer.text();
    let shown = said;
    try { shown = JSON.stringify(JSON.parse(said), null, 2); } catch { /* not JSON: as it came */ }
    out.textContent = `${answer.status} ${answer.statusText}\n\n${shown}`;
  } catch (error) {
    out.textContent = `The call failed: ${error.message}`;
  }
};

const call = (api, path, method, about) => {
  const fields = (about.parameters || []).map((parameter) => field(resolve(api, parameter)));
  const content = about.requestBody && about.requestBody.content["application/json"];
  const body = content && make("textarea", {
    value: JSON.stringify(example(api, content.schema), null, 2), spellcheck: false,
  });
  const out = make("pre", { hidden: true });
  const form = make("form", {}, ...fields.map(({ label }) => label));
  if (body) form.append(make("label", {}, "Body", body));
  form.append(make("button", { textContent: "Try it" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    out.hidden = false;
    attempt(method, path, fields, body, out);
  });
  const head = make("summary", {},
    make("span", { className: "method", textContent: method.toUpperCase() }),
    make("span", { className: "path", textContent: path }), ` ${about.summary || ""}`);
  const inside = make("div", { className: "inside" },
    make("p", { textContent: about.description || about.summary || "" }), form, out);
  return make("details", {}, head, inside);
};

const show = (api) => {
  const nouns = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    const noun = path.replace(/^\/api\/v1\//, "").split("/")[0];
    const calls = Object.entries(methods).map(([method, about]) => call(api, path, method, about));
    nouns.set(noun, [...(nouns.get(noun) || []), ...calls]);
  }
  const parts = [...nouns].flatMap(([noun, calls]) => [make("h2", { textContent: noun }), ...calls]);
  document.getElementById("calls").replaceChildren(...parts);
};

document.getElementById("key").addEventListener("submit", (event) => event.preventDefault());
fetch("/api/v1/openapi.json").then((answer) => answer.json()).then(show, (error) => {
  document.getElementById("calls").textContent = `The document could not be loaded: ${error.message}`;
});
