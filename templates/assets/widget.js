// The line a site embeds: <script async src="https://inbox.example.com/widget.js"></script>
// It makes one frame on Casella's origin, sizes it as the frame asks, and tells it the page. What is
// said in the chat stays in the frame, where the site's scripts and styles cannot reach.
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector('script[src$="/widget.js"]');
  if (!script || window.casellaWidget) return;
  window.casellaWidget = true;
  const home = new URL(script.src).origin;
  const data = script.dataset;
  const language = data.language || document.documentElement.lang || navigator.language || "";

  const frame = document.createElement("iframe");
  const style = (rules) => {
    for (const name in rules) frame.style.setProperty(name, rules[name], "important");
  };
  const sizes = {
    closed: { width: "96px", height: "96px", "max-width": "100vw", "max-height": "100vh" },
    teaser: { width: "344px", height: "232px", "max-width": "100vw", "max-height": "100vh" },
    open: { width: "440px", height: "744px", "max-width": "100vw", "max-height": "100vh" },
    full: { width: "100vw", height: "100dvh", "max-width": "none", "max-height": "none" },
  };
  style({
    all: "initial", display: "block", position: "fixed", right: "0", bottom: "0", left: "auto", top: "auto",
    border: "0", margin: "0", padding: "0", background: "transparent", "color-scheme": "light dark",
    "z-index": "2147483647", visibility: "visible", opacity: "1", transform: "none", filter: "none",
  });
  style(sizes.closed);
  frame.title = "Chat";
  frame.allow = "clipboard-write";
  frame.src = home + "/widget/frame?" + new URLSearchParams({ language });

  const tell = (message) => frame.contentWindow && frame.contentWindow.postMessage({ casella: message }, home);
  const page = () => ({ is: "page", url: location.href.slice(0, 500), narrow: innerWidth < 480 || innerHeight < 420 });
  let told = "";
  const tellPage = () => {
    const now = page();
    const key = now.url + now.narrow;
    if (key === told) return;
    told = key;
    tell(now);
  };
  frame.addEventListener("load", () => {
    tell({ ...page(), is: "hello", name: data.name || "", email: data.email || "", color: data.color || "",
      token: data.token || "", signature: data.signature || "" });
  });
  addEventListener("message", (event) => {
    if (event.origin !== home || event.source !== frame.contentWindow) return;
    const message = event.data && event.data.casella;
    if (!message) return;
    if (message.is === "size" && sizes[message.size]) style(sizes[message.size]);
    if (message.is === "blur") document.body.focus();
  });
  for (const kind of ["resize", "popstate", "hashchange"]) addEventListener(kind, tellPage);
  // Shops that change pages without loading them tell nobody; looking once a second costs nothing.
  setInterval(tellPage, 1000);
  // Sites may open the chat from a button of their own: casella.open().
  window.casella = { open: () => tell({ is: "open" }), close: () => tell({ is: "close" }) };
  const place = () => document.body.append(frame);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
