// htmx as the one global that its extensions look for.
import htmx from "htmx.org/dist/htmx.esm.js";

globalThis.htmx = htmx;
