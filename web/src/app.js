// What every page has: htmx, server-sent events, and small comforts. Without it all links and forms still work.
import "./htmx.js";
import "htmx.org/dist/ext/hx-sse.js";
import "./find.js";
import "./large.js";
import "./live.js";
import "./menu.js";
import "./token.js";
import "./when.js";
