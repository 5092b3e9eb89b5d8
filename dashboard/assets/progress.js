/* Keeps a customer's own page current, on a phone that sleeps, moves and loses its network.
 *
 * Asks for what has changed every few seconds while the page is looked at, at once when it is
 * looked at again or the network is back, and for ever. Says of when the page is when it cannot.
 */
(() => {
  "use strict";

  const main = document.getElementById("main");
  if (!main || !main.dataset.asOf) return; // another page that only shares the folder

  const EVERY_MS = 10000;
  const PATIENCE_MS = 8000;

  const said = document.getElementById("as-of");
  const address = `${location.pathname.replace(/\/$/, "")}/now`;
  let tag = main.dataset.tag;
  let asOf = main.dataset.at;
  let timer = 0;

  function say(template, time) {
    if (time) said.textContent = template.replace("{time}", time);
  }

  async function ask() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const headers = { "If-None-Match": tag, "Accept-Language": document.documentElement.lang };
      const answer = await fetch(address, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status === 404) return location.reload(); // says why
      if (answer.status !== 200 && answer.status !== 304) throw new Error(answer.statusText);
      if (answer.status === 200) {
        main.innerHTML = await answer.text();
        tag = answer.headers.get("ETag");
      }
      asOf = answer.headers.get("As-Of");
      document.body.classList.remove("offline");
      say(main.dataset.asOf, asOf);
    } catch {
      document.body.classList.add("offline");
      say(main.dataset.offline, asOf);
    }
    timer = setTimeout(ask, EVERY_MS * (0.75 + Math.random() / 2));
  }

  document.addEventListener("visibilitychange", ask);
  window.addEventListener("online", ask);
  ask();
})();
