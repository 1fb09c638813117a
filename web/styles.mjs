// What is left of PatternFly's stylesheet: two themes, and the rules whose classes are in use.

/** The blocks of a stylesheet, in order: `{ head, body }`; statements without a block have no body. */
function blocks(css) {
  const found = [];
  let start = 0;
  let depth = 0;
  let open = 0;
  for (let at = 0; at < css.length; at += 1) {
    const sign = css[at];
    if (sign === '"' || sign === "'") {
      for (at += 1; css[at] !== sign; at += 1) if (css[at] === "\\") at += 1;
    } else if (css.startsWith("/*", at)) {
      const end = css.indexOf("*/", at) + 2;
      css = css.slice(0, at) + css.slice(end);
      at -= 1;
    } else if (sign === "{") {
      if (depth === 0) open = at;
      depth += 1;
    } else if (sign === "}") {
      depth -= 1;
      if (depth === 0) {
        found.push({ head: css.slice(start, open).trim(), body: css.slice(open + 1, at) });
        start = at + 1;
      }
    } else if (sign === ";" && depth === 0) {
      found.push({ head: css.slice(start, at).trim(), body: null });
      start = at + 1;
    }
  }
  return found;
}

const DARK = ":root:where(.pf-v6-theme-dark)";

/** PatternFly's variables for light and dark: dark by a class, and by the system's wish unless a class says light. */
export function themed(variables) {
  const all = blocks(variables);
  const light = all.find((block) => block.head === ":root");
  const dark = all.find((block) => block.head === DARK);
  if (!light || !dark) throw new Error("PatternFly's variables are not where they were");
  return `:root{${light.body}}
    ${DARK}{${dark.body}color-scheme:dark}
    @media (prefers-color-scheme:dark){:root:where(:not(.pf-v6-theme-light)){${dark.body}color-scheme:dark}}`;
}

/** Splits a list of selectors at the commas that are in no parentheses. */
function selectors(head) {
  const found = [""];
  let depth = 0;
  for (const sign of head) {
    if (sign === "(" || sign === "[") depth += 1;
    if (sign === ")" || sign === "]") depth -= 1;
    if (sign === "," && depth === 0) found.push("");
    else found[found.length - 1] += sign;
  }
  return found;
}

/** A selector without what stands in parentheses: that may match without being there. */
function outside(selector) {
  let depth = 0;
  let text = "";
  for (const sign of selector) {
    if (sign === ")") depth -= 1;
    if (depth === 0) text += sign;
    if (sign === "(") depth += 1;
  }
  return text;
}

const CLASS = /\.(-?[_a-zA-Z][\w-]*)/g;

function kept(css, used) {
  const parts = [];
  for (const { head, body } of blocks(css)) {
    if (body === null) {
      parts.push(`${head};`);
    } else if (/^@(media|supports|container|layer)/.test(head)) {
      const inner = kept(body, used);
      if (inner) parts.push(`${head}{${inner}}`);
    } else if (head.startsWith("@")) {
      parts.push(`${head}{${body}}`);
    } else {
      const wanted = (one) => [...outside(one).matchAll(CLASS)].every(([, name]) => used.has(name));
      const left = selectors(head).filter(wanted);
      if (left.length) parts.push(`${left.join(",")}{${body}}`);
    }
  }
  return parts.join("\n");
}

/** Takes out variables that nothing reads, until every one is read. */
function read(css, sources) {
  // Scripts read some of them by their names.
  const named = sources.match(/--[a-z][\w-]*/g) ?? [];
  for (;;) {
    const names = new Set([...named, ...[...css.matchAll(/var\(\s*(--[\w-]+)/g)].map(([, name]) => name)]);
    const left = css.replace(/(--[\w-]+)\s*:[^;{}]*(;|(?=\}))/g, (all, name) => (names.has(name) ? all : ""));
    if (left.length === css.length) return css;
    css = left;
  }
}

/** The rules whose classes stand somewhere in `sources`, and the variables that they or scripts among those read. */
export function pruned(css, sources) {
  const used = new Set(sources.match(/-?[_a-zA-Z][\w-]*/g));
  return read(kept(css, used), sources);
}
