/* Everything on a page that changes by itself as time passes.
 *
 * The server's clock is the only clock: each pulse says what time it is there and in the site's
 * zone, and between pulses the browser's monotonic timer counts on. A screen's own clock is often
 * wrong and is never asked. Elements with `data-tick` are drawn empty by Dash and filled here, so
 * React never owns their text; a car's `data-level` is likewise ours alone. Before each filling the
 * document hears a `tick`.
 */
(() => {
  "use strict";

  const WARN_SHARE = 0.8; // of the target
  const OLD_DATA_SECONDS = 300;
  const LIVE_SECONDS = 10; // pulses come every 5 s
  const EXPIRED_SECONDS = 20;
  const DAY_SECONDS = 86400;

  let pulse = null;
  let pulseAt = 0;
  let confirmed = null; // server's time of the last pulse with a database behind it
  let words = {};

  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const two = (number) => String(number).padStart(2, "0");
  const now = () => Date.parse(pulse.now) / 1000 + (performance.now() - pulseAt) / 1000;

  // The site's wall clock, as a Date whose UTC fields read what the clock on the wall there reads.
  const local = (seconds) => new Date((seconds + pulse.utc_offset_seconds) * 1000);
  const time = (seconds) => `${two(local(seconds).getUTCHours())}:${two(local(seconds).getUTCMinutes())}`;
  const second = (seconds) => two(local(seconds).getUTCSeconds());
  const day = (seconds) => Math.floor((seconds + pulse.utc_offset_seconds) / DAY_SECONDS);

  // A day of opening hours is nobody's day, so long times that stand by night are said in hours.
  function duration(seconds, short = "", stands = false) {
    const m = Math.max(0, Math.floor(seconds / 60));
    if (m < 100) return fill(words[`${short}minutes`], { m });
    const h = Math.floor(m / 60);
    if (h < 24) return fill(words[`${short}hours`], { h, mm: two(m % 60) });
    if (stands) return fill(words[`${short}whole_hours`], { h });
    return fill(words[`${short}days`], { d: Math.floor(h / 24), h: h % 24 });
  }

  const age = (seconds) => (seconds < 100 ? fill(words.seconds, { s: Math.floor(seconds) }) : duration(seconds));

  // How long a time has run. One in opening hours stops at closing time; the server sends another at the opening.
  function run({ since, stops }) {
    const until = stops ? Math.min(now(), Date.parse(stops) / 1000) : now();
    return until - Date.parse(since) / 1000;
  }

  // What is known of a car's time in its stage; `share` is of the target, null without one.
  function reckon(car) {
    const { since, stops, entered, target, promised } = car.dataset;
    const spent = since ? Math.max(0, run(car.dataset)) : null;
    const share = spent !== null && target ? spent / (target * 60) : null;
    const level = share === null ? "none" : share >= 1 ? "over" : share >= WARN_SHARE ? "warn" : "calm";
    const tell = (seconds, short) => duration(seconds, short, Boolean(stops));
    const instant = (at) => (at ? Date.parse(at) / 1000 : null);
    return { spent, share, level, tell, target: target * 60, entered: instant(entered), promised: instant(promised) };
  }

  function say(promised) {
    const days = day(promised) - day(now());
    const when = days === 0 ? words.same_day : days > 0 ? words.days_later : words.days_earlier;
    return fill(when, { time: time(promised), days: Math.abs(days) });
  }

  // Words of an element's own, with the time that has passed since its moment, or is left until it.
  function count(element, sign) {
    const time = duration(Math.max(0, sign * run(element.dataset)), "", Boolean(element.dataset.stops));
    return fill(element.dataset.words, { time });
  }

  // What stands in each element with `data-tick`; `car` is what the car around it was reckoned to.
  const texts = {
    clock: () => time(now()),
    second: () => second(now()),
    age() {
      if (!pulse.received_at) return words.no_message;
      return fill(words.age, { time: age(Math.max(0, now() - Date.parse(pulse.received_at) / 1000)) });
    },
    seen() {
      if (confirmed === null) return "";
      const seconds = now() - confirmed;
      return seconds < LIVE_SECONDS ? words.live : fill(words.old, { time: age(seconds) });
    },
    page: () => window.bayboard_kiosk.sayPage(words.page, fill),
    since: (_car, element) => count(element, 1),
    until: (_car, element) => count(element, -1),
    spent: (car) => (car.spent === null ? "" : car.tell(car.spent)),
    waited(car) {
      if (car.entered !== null) return duration(now() - car.entered, "short_");
      return car.spent === null ? "" : car.tell(car.spent, "short_");
    },
    left(car) {
      if (car.share === null) return "";
      if (car.share >= 1) return fill(words.over, { time: car.tell(car.spent - car.target) });
      return fill(words.left, { time: car.tell(car.target - car.spent + 59) });
    },
    promise(car) {
      if (car.promised === null) return "";
      return fill(now() > car.promised ? words.promise_missed : words.promised, { time: say(car.promised) });
    },
  };

  function set(element, name, value) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function tick() {
    const board = document.getElementById("board");
    if (!board || !pulse) return;
    words = JSON.parse(board.dataset.words);
    document.dispatchEvent(new Event("tick"));
    const reckoned = new Map();
    for (const car of board.querySelectorAll(".car")) {
      const state = reckon(car);
      reckoned.set(car, state);
      set(car, "data-level", state.level);
      set(car, "data-promise", state.promised !== null && now() > state.promised ? "missed" : "kept");
      car.style.setProperty("--share", Math.min(1, state.share || 0).toFixed(3));
    }
    for (const element of board.querySelectorAll("[data-tick]")) {
      const said = texts[element.dataset.tick](reckoned.get(element.closest(".car")), element);
      if (element.textContent !== said) element.textContent = said;
    }
    const heard = pulse.received_at ? now() - Date.parse(pulse.received_at) / 1000 : Infinity;
    set(board, "data-age", heard > OLD_DATA_SECONDS ? "old" : "fresh");
    const unconfirmed = confirmed === null ? Infinity : now() - confirmed;
    document.documentElement.toggleAttribute("data-expired", unconfirmed > EXPIRED_SECONDS);
    set(board, "data-seen", unconfirmed < LIVE_SECONDS ? "live" : "old");
  }

  // What Dash draws anew is filled before it is painted.
  let observed = null;
  const observer = new MutationObserver(tick);
  function observe() {
    const board = document.getElementById("board");
    if (board === observed) return;
    observed = board;
    observer.disconnect();
    if (!board) return;
    const attributeFilter = ["data-since", "data-stops", "data-target", "data-promised", "data-words", "data-page"];
    observer.observe(board, { childList: true, subtree: true, attributes: true, attributeFilter });
  }

  setInterval(() => { observe(); tick(); }, 1000);

  window.bayboard = {
    hearPulse(heard) {
      pulse = heard;
      pulseAt = performance.now();
      if (pulse.connected) confirmed = now();
      observe();
      tick();
    },
    sayAway() {
      words = JSON.parse(document.getElementById("board").dataset.words);
      if (confirmed === null) return words.waiting;
      return fill(words.away, { time: `${time(confirmed)}:${second(confirmed)}` });
    },
    now: () => (pulse ? now() : null),
  };
})();
