// The editor of manifests: lines, colours, faults at their places as the server finds them, completion from the
// manual of the modules. It lies over the text area, which stays what the form sends.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const FAULTS = "/ui/manifests/-/faults";
const MODULES = "/ui/manifests/-/modules.json";
/** How long somebody pauses before the server reads what is written, in milliseconds. */
const PAUSE = 700;
/** What stands beside a module in a task. */
const TASK = [
  "name", "when", "loop", "register", "notify", "tags", "become", "become_user", "vars", "environment", "delegate_to",
  "run_once", "ignore_errors", "changed_when", "failed_when", "until", "retries", "delay", "no_log", "block", "rescue",
  "always", "check_mode", "args",
];
/** What stands in a play. */
const PLAY = ["hosts", "tasks", "handlers", "pre_tasks", "post_tasks", "vars", "vars_files", "gather_facts", "serial", "strategy"];

let manual;
const modules = () => (manual ??= fetch(MODULES).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []));

/** The key of which the line at `number` is within: the nearest line before it that is less indented. */
function outer(doc, number, indent) {
  for (let at = number - 1; at > 0; at -= 1) {
    const found = /^(\s*)(-\s+)?([\w.]+):\s*$/.exec(doc.line(at).text);
    if (!found) continue;
    const depth = found[1].length + (found[2]?.length ?? 0);
    if (depth < indent) return found[3];
  }
  return "";
}

async function complete(context) {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const found = /^(\s*)(-\s+)?([\w.]*)$/.exec(before);
  if (!found || (!found[3] && !context.explicit)) return null;
  const known = await modules();
  const within = outer(context.state.doc, line.number, found[1].length + (found[2]?.length ?? 0));
  const module = known.find((one) => one.name === within.replace(/^ansible\.(builtin|legacy)\./, ""));
  const from = context.pos - found[3].length;
  const key = (label) => ({ label, type: "keyword", apply: `${label}: ` });
  if (module) {
    const options = module.options.map((one) => ({ label: one.name, type: "property", info: one.means, apply: `${one.name}: ` }));
    return { from, options };
  }
  const options = known.map((one) => ({ label: one.name, type: "function", detail: one.means, apply: `${one.name}:\n` }));
  return { from, options: [...options, ...TASK.map(key), ...PLAY.map(key)] };
}

/** The path that is written for this text. */
const pathOf = (area) => area.form.elements[area.name.replace("_text", "_path")]?.value ?? "";

const faults = (area) => async (view) => {
  const asked = { method: "POST", body: new URLSearchParams(new FormData(area.form)) };
  // Who leaves the page, or has no line just now, is told nothing.
  const answer = await fetch(FAULTS, asked).catch(() => null);
  if (!answer?.ok) return [];
  const path = pathOf(area);
  const { doc } = view.state;
  return (await answer.json())
    .filter((fault) => fault.file === path && fault.line > 0)
    .map((fault) => {
      const line = doc.line(Math.min(fault.line, doc.lines));
      const from = Math.min(line.from + Math.max(fault.column - 1, 0), line.to);
      return { from, to: Math.max(from, line.to), severity: "error", message: fault.text };
    });
};

const token = (name) => `var(--pf-t--global--${name})`;
const look = EditorView.theme({
  "&": { color: token("text--color--regular"), backgroundColor: token("background--color--primary--default"), fontSize: ".875rem" },
  ".cm-scroller": { fontFamily: token("font--family--mono"), minHeight: "20rem", maxHeight: "70vh" },
  ".cm-gutters": { color: token("text--color--subtle"), backgroundColor: token("background--color--secondary--default"), border: "none" },
  ".cm-content": { caretColor: token("text--color--regular") },
  ".cm-cursor": { borderLeftColor: token("text--color--regular") },
  ".cm-activeLine": { backgroundColor: "transparent" },
  ".cm-tooltip": { color: token("text--color--regular"), backgroundColor: token("background--color--floating--default"), border: `1px solid ${token("border--color--default")}` },
  "&.cm-focused": { outline: `2px solid ${token("color--brand--default")}` },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: token("text--color--brand--default") },
  { tag: [tags.string, tags.special(tags.string)], color: token("text--color--status--success--default") },
  { tag: [tags.keyword, tags.atom, tags.number, tags.bool], color: token("text--color--status--custom--default") },
  { tag: [tags.comment, tags.meta, tags.separator, tags.punctuation], color: token("text--color--subtle") },
]);

/** What the editor itself says, where the page does not speak English. */
const PHRASES = {
  "pt-BR": {
    Find: "Buscar", Replace: "Substituir", next: "próximo", previous: "anterior", all: "todos", "match case": "maiúsculas e minúsculas",
    regexp: "expressão regular", "by word": "palavra inteira", replace: "substituir", "replace all": "substituir todos", close: "fechar",
    "Go to line": "Ir para a linha", go: "ir", "current match": "resultado atual", "on line": "na linha", "replaced $ matches": "$ substituídos",
    "replaced match on line $": "substituído na linha $", Completions: "Sugestões", Diagnostics: "Falhas", "No diagnostics": "Nenhuma falha",
    "Control character": "Caractere de controle", "Selection deleted": "Seleção apagada",
  },
  es: {
    Find: "Buscar", Replace: "Reemplazar", next: "siguiente", previous: "anterior", all: "todos", "match case": "mayúsculas y minúsculas",
    regexp: "expresión regular", "by word": "palabra completa", replace: "reemplazar", "replace all": "reemplazar todos", close: "cerrar",
    "Go to line": "Ir a la línea", go: "ir", "current match": "resultado actual", "on line": "en la línea", "replaced $ matches": "$ reemplazados",
    "replaced match on line $": "reemplazado en la línea $", Completions: "Sugerencias", Diagnostics: "Fallos", "No diagnostics": "Ningún fallo",
    "Control character": "Carácter de control", "Selection deleted": "Selección borrada",
  },
};

function edit(area) {
  const place = document.createElement("div");
  place.className = "hep-editor-place";
  area.after(place);
  area.hidden = true;
  // Within a shadow the editor's styles are sheets of its own, which a policy without inline styles allows.
  const root = place.attachShadow({ mode: "open" });
  const label = area.form.querySelector(`label[for="${area.id}"]`)?.textContent.trim() ?? "";
  const keys = area.parentElement.dataset.keys ?? "";
  const sync = EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    area.value = update.state.doc.toString();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), lintGutter(), yaml(),
        indentUnit.of("  "), syntaxHighlighting(colours), look, sync,
        keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...searchKeymap, ...lintKeymap, indentWithTab]),
        EditorState.phrases.of(PHRASES[document.documentElement.lang] ?? {}),
        autocompletion({ override: [complete] }), linter(faults(area), { delay: PAUSE }),
        EditorView.contentAttributes.of({ "aria-label": label, "aria-multiline": "true", "aria-description": keys }),
      ],
    }),
  });
  // Tab leaves the editor, as everywhere, until somebody asks for it by Ctrl+M.
  view.setTabFocusMode(true);
  const hint = document.createElement("p");
  hint.className = "hep-hint";
  hint.textContent = keys;
  area.parentElement.after(hint);
  // Whoever presses the label means the editor.
  area.form.querySelector(`label[for="${area.id}"]`)?.addEventListener("click", () => view.focus());
}

for (const area of document.querySelectorAll(".hep-editor > textarea")) {
  // An editor that is folded away is made when it is first seen.
  const fold = area.closest("details:not([open])");
  if (fold) fold.addEventListener("toggle", () => edit(area), { once: true });
  else edit(area);
}
