/* Everything on a page that changes by itself as time passes.
 *
 * The server's clock is the only clock: each pulse says what time it is there and in the site's
 * zone, and between pulses the browser's monotonic timer counts on. A screen's own clock is often
 * wrong and is never asked. Elements with `data-tick` are drawn empty by Dash and filled here, so
 * React never owns their text; a car's `data-level` is likewise ours alone.
 */
(() => {
  "use strict";

  const WARN_SHARE = 0.8; // of the target
  const OLD_DATA_SECONDS = 300;
  const DAY_SECONDS = 86400;

  let pulse = null;
  let pulseAt = 0;
  let words = {};

  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const two = (number) => String(number).padStart(2, "0");
  const now = () => Date.parse(pulse.now) / 1000 + (performance.now() - pulseAt) / 1000;

  // The site's wall clock, as a Date whose UTC fields read what the clock on the wall there reads.
  const local = (seconds) => new Date((seconds + pulse.utc_offset_seconds) * 1000);
  const time = (seconds) => `${two(local(seconds).getUTCHours())}:${two(local(seconds).getUTCMinutes())}`;
  const second = (seconds) => two(local(seconds).getUTCSeconds());
  const day = (seconds) => Math.floor((seconds + pulse.utc_offset_seconds) / DAY_SECONDS);

  function duration(seconds, short = "") {
    const m = Math.max(0, Math.floor(seconds / 60));
    if (m < 100) return fill(words[`${short}minutes`], { m });
    const h = Math.floor(m / 60);
    if (h < 24) return fill(words[`${short}hours`], { h, mm: two(m % 60) });
    return fill(words[`${short}days`], { d: Math.floor(h / 24), h: h % 24 });
  }

  // What is known of a car's time in its stage; `share` is of the target, null without one.
  function reckon(car) {
    const { since, target, promised } = car.dataset;
    const spent = since ? Math.max(0, now() - Date.parse(since) / 1000) : null;
    const share = spent !== null && target ? spent / (target * 60) : null;
    const level = share === null ? "none" : share >= 1 ? "over" : share >= WARN_SHARE ? "warn" : "calm";
    return { spent, share, level, target: target * 60, promised: promised ? Date.parse(promised) / 1000 : null };
  }

  function say(promised) {
    const days = day(promised) - day(now());
    const when = days === 0 ? words.same_day : days > 0 ? words.days_later : words.days_earlier;
    return fill(when, { time: time(promised), days: Math.abs(days) });
  }

  // What stands in each element with `data-tick`; `car` is what the car around it was reckoned to.
  const texts = {
    clock: () => time(now()),
    second: () => second(now()),
    date: () => local(now()).toISOString().slice(0, 10),
    age() {
      if (!pulse.received_at) return words.no_message;
      const age = Math.max(0, now() - Date.parse(pulse.received_at) / 1000);
      return fill(words.age, { time: age < 100 ? fill(words.seconds, { s: Math.floor(age) }) : duration(age) });
    },
    over: () => String(document.querySelectorAll('.car[data-level="over"]').length),
    spent: (car) => (car.spent === null ? "" : duration(car.spent)),
    waited: (car) => (car.spent === null ? "" : duration(car.spent, "short_")),
    left(car) {
      if (car.share === null) return "";
      if (car.share >= 1) return fill(words.over, { time: duration(car.spent - car.target) });
      return fill(words.left, { time: duration(car.target - car.spent + 59) });
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
    const reckoned = new Map();
    for (const car of board.querySelectorAll(".car")) {
      const state = reckon(car);
      reckoned.set(car, state);
      set(car, "data-level", state.level);
      set(car, "data-promise", state.promised !== null && now() > state.promised ? "missed" : "kept");
      car.style.setProperty("--share", Math.min(1, state.share || 0).toFixed(3));
    }
    for (const element of board.querySelectorAll("[data-tick]")) {
      const said = texts[element.dataset.tick](reckoned.get(element.closest(".car")));
      if (element.textContent !== said) element.textContent = said;
    }
    const age = pulse.received_at ? now() - Date.parse(pulse.received_at) / 1000 : Infinity;
    set(board, "data-age", age > OLD_DATA_SECONDS ? "old" : "fresh");
    set(board, "data-over", texts.over());
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
    const attributeFilter = ["data-since", "data-target", "data-promised"];
    observer.observe(board, { childList: true, subtree: true, attributes: true, attributeFilter });
  }

  setInterval(() => { observe(); tick(); }, 1000);

  window.bayboard = {
    hearPulse(heard) { pulse = heard; pulseAt = performance.now(); observe(); tick(); },
    staleSince: (seconds) => fill(words.stale, { time: `${time(seconds)}:${second(seconds)}` }),
    words: () => JSON.parse(document.getElementById("board").dataset.words),
    now,
  };
})();
