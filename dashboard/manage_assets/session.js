/* Says when the server is away and when a session has ended.
 *
 * Dash asks for everything through fetch and keeps failures to itself: without this a page of a
 * server that has gone would look as fresh as ever.
 */
(() => {
  "use strict";

  const ask = window.fetch.bind(window);
  const mark = (away) => document.documentElement.toggleAttribute("data-away", away);

  window.fetch = async (...request) => {
    try {
      const answer = await ask(...request);
      if (answer.status === 401) window.location.assign("/sign-in");
      mark(answer.status === 502 || answer.status === 503 || answer.status === 504);
      return answer;
    } catch (error) {
      if (error.name !== "AbortError") mark(true);
      throw error;
    }
  };
})();
