/* Keeps a board current, for months, without a hand on the screen.
 *
 * One EventSource per page. `parts` carries Dash props by component id; `pulse` carries the
 * server's clock and whether the database is there. Whatever goes wrong, the board says that it
 * is stale and goes on trying: there is no last attempt.
 */
(() => {
  "use strict";

  const SILENT_MS = 8000; // pulses come every 5 s
  const BROKEN_MS = 3000;
  const REOPEN_MS = 20000;
  const LOAD_MS = 30000;

  let source = null;
  let openedAt = 0;
  let heardAt = 0;
  let connected = false;
  let leaving = false;

  const board = () => document.getElementById("board");
  const jitter = (ms) => ms * (0.5 + Math.random());

  function open() {
    close();
    openedAt = performance.now();
    const { kind, site, lang, zone = "" } = board().dataset;
    const query = new URLSearchParams({ lang, zone });
    source = new EventSource(`/stream/${kind}/${encodeURIComponent(site)}?${query}`);
    source.addEventListener("parts", (event) => {
      heardAt = performance.now();
      const parts = JSON.parse(event.data);
      for (const id of Object.keys(parts)) window.dash_clientside.set_props(id, parts[id]);
    });
    // A broken connection is believed for three seconds, long enough for the browser to mend it.
    source.addEventListener("error", () => {
      heardAt = Math.min(heardAt, performance.now() - SILENT_MS + BROKEN_MS);
    });
    source.addEventListener("pulse", (event) => {
      heardAt = performance.now();
      const pulse = JSON.parse(event.data);
      connected = pulse.connected;
      window.bayboard.hearPulse(pulse);
      if (pulse.rev !== board().dataset.rev) reload();
      watch();
    });
    // This screen may not show the board any longer; the page says so.
    source.addEventListener("over", reload);
  }

  // A refused stream does not say why, so the page is asked for: whoever is sent away from it goes.
  function askWhy() {
    fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" })
      .then((answer) => { if (answer.type === "opaqueredirect" || answer.status === 403) reload(); })
      .catch(() => {});
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  // A page that is older than its server, or was cut off while loading, loads itself anew,
  // but only from a server that answers, and not every screen in the same second.
  function reload() {
    if (leaving) return;
    leaving = true;
    setTimeout(() => {
      fetch("/healthz", { cache: "no-store" })
        .then((answer) => { if (answer.ok) location.reload(); else leaving = false; })
        .catch(() => { leaving = false; });
    }, jitter(1000));
  }

  function watch() {
    const now = performance.now();
    if (!board()) {
      if (now > LOAD_MS) reload();
      return;
    }
    if (document.hidden) return;
    const stale = !connected || now - heardAt > SILENT_MS;
    document.documentElement.toggleAttribute("data-stale", stale);
    const said = stale ? window.bayboard.sayAway() : "";
    const banner = document.getElementById("banner");
    if (banner.textContent !== said) banner.textContent = said;
    if (!source) {
      if (window.dash_clientside && window.dash_clientside.set_props) open();
    } else if (source.readyState === EventSource.CLOSED) {
      source = null; // the next watch opens another
      askWhy();
    } else if (now - Math.max(heardAt, openedAt) > REOPEN_MS) {
      open();
    }
  }

  function keepWatching() {
    if (document.querySelector(".plain")) return; // a page of words has nothing to keep current
    setTimeout(keepWatching, source ? jitter(1000) : 100);
    watch();
  }

  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else watch(); });
  keepWatching();
})();
