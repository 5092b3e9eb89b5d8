/* What a screen does that nobody touches for months: it turns pages, tells alarms in turn, moves
 * its picture by a pixel so that nothing burns in, and sounds when it was asked to.
 *
 * Everything follows the server's time, not a timer of its own, so two screens side by side turn
 * together and a page that was loaded anew goes on where it was.
 */
(() => {
  "use strict";

  const PAGE_SECONDS = 15;
  const ALARM_SECONDS = 6;
  const SHIFT_SECONDS = 60;
  // Where the picture is moved to, in pixels: a small round, never down or right, where the page would scroll.
  const SHIFTS = [[0, 0], [-1, 0], [-2, -1], [-2, -2], [-2, -3], [-1, -3], [0, -2], [0, -1]];

  let page = 1;
  let pages = 1;
  let known = null; // alarms that were there already
  let audio = null;

  function turnPage(board, seconds) {
    pages = Number((document.getElementById("fit") || { dataset: {} }).dataset.pages || 1);
    const fixed = Number(board.dataset.page);
    page = fixed ? Math.min(fixed, pages) : (Math.floor(seconds / PAGE_SECONDS) % pages) + 1;
    for (const tile of board.querySelectorAll(".bay")) {
      tile.toggleAttribute("data-turned", Number(tile.dataset.page) !== page);
    }
  }

  function tellAlarm(board, seconds) {
    const alarms = board.querySelectorAll(".told > *");
    const turn = Math.floor(seconds / ALARM_SECONDS) % (alarms.length || 1);
    alarms.forEach((alarm, place) => alarm.toggleAttribute("data-told", place === turn));
  }

  function shiftPicture(board, seconds) {
    const [x, y] = SHIFTS[Math.floor(seconds / SHIFT_SECONDS) % SHIFTS.length];
    const moved = `translate(${x}px, ${y}px)`;
    if (board.style.transform !== moved) board.style.transform = moved;
  }

  function soundAlarms(board) {
    const kinds = (board.dataset.sound || "").split(",").filter(Boolean);
    if (!kinds.length) return;
    if (!audio) audio = new AudioContext();
    // Browsers want a touch before the first sound, unless the kiosk was started with leave to play.
    const button = document.getElementById("enable-sound");
    button.hidden = audio.state === "running";
    button.onclick = () => audio.resume().then(beep);
    const heard = new Set();
    for (const alarm of board.querySelectorAll("[data-alarm]")) {
      if (kinds.includes(alarm.dataset.alarm.split(":")[0])) heard.add(alarm.dataset.alarm);
    }
    if (known && [...heard].some((alarm) => !known.has(alarm))) beep();
    known = heard;
  }

  function beep() {
    for (const [after, frequency] of [[0, 880], [0.22, 660]]) {
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      const start = audio.currentTime + after;
      tone.frequency.value = frequency;
      loudness.gain.setValueAtTime(0.0001, start);
      loudness.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.2);
      tone.connect(loudness).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.2);
    }
    document.documentElement.dataset.beeps = Number(document.documentElement.dataset.beeps || 0) + 1;
  }

  document.addEventListener("tick", () => {
    const board = document.getElementById("board");
    const seconds = window.bayboard.now();
    turnPage(board, seconds);
    tellAlarm(board, seconds);
    shiftPicture(board, seconds);
    soundAlarms(board);
  });

  window.bayboard_kiosk = { sayPage: (words, fill) => (pages > 1 ? fill(words, { page, pages }) : "") };
})();
