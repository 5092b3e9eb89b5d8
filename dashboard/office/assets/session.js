/* Says when the server is away and when a session has ended.
 *
 * Dash asks for everything through fetch and keeps failures to itself: without this a page of a
 * server that has gone would look as fresh as ever. What was asked while the page is being left
 * is never answered, so that leaving it is no failure.
 */
(() => {
  "use strict";

  const ask = window.fetch.bind(window);
  const mark = (away) => document.documentElement.toggleAttribute("data-away", away);
  const never = () => new Promise(() => {});
  let leaving = false;

  window.addEventListener("beforeunload", () => {
    leaving = true;
  });
  // A page that the browser kept and shows again.
  window.addEventListener("pageshow", () => {
    leaving = false;
  });

  // Who is asked to come back comes back, a few times.
  const RETRIES = 5;
  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  async function askPatiently(request) {
    for (let tries = 0; ; tries += 1) {
      const answer = await ask(...request);
      const seconds = Number(answer.headers.get("Retry-After"));
      if (![429, 503].includes(answer.status) || !seconds || tries === RETRIES) return answer;
      await pause(Math.min(seconds, 10));
    }
  }

  window.fetch = async (...request) => {
    try {
      const answer = await askPatiently(request);
      if (answer.status === 401) {
        window.location.assign(`/sign-in?next=${encodeURIComponent(window.location.pathname)}`);
        return never();
      }
      mark([502, 503, 504].includes(answer.status));
      return answer;
    } catch (error) {
      if (leaving) return never();
      if (error.name !== "AbortError") mark(true);
      throw error;
    }
  };
})();
