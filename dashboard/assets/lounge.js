/* Turns the pages of the waiting room's lists when there is more than fits.
 *
 * A list is moved as a whole behind its window by whole rows, so nothing of what Dash draws is
 * touched and a row that comes or goes while a page is shown only moves those below it. Which page
 * it is follows the server's time, so that two screens side by side turn together.
 */
(() => {
  "use strict";

  const PAGE_SECONDS = 12;

  document.addEventListener("tick", () => {
    const turn = Math.floor(window.bayboard.now() / PAGE_SECONDS);
    for (const pane of document.querySelectorAll(".lounge .window")) {
      const list = pane.firstElementChild;
      const rows = list ? list.children.length : 0;
      const height = rows ? list.firstElementChild.getBoundingClientRect().height : 0;
      const fitting = height ? Math.max(1, Math.floor((pane.clientHeight + 1) / height)) : 1;
      const pages = Math.max(1, Math.ceil(rows / fitting));
      const page = turn % pages;
      if (list) list.style.transform = pages > 1 ? `translateY(${-page * fitting * height}px)` : "";
      const said = pages > 1 ? `${page + 1} / ${pages}` : "";
      const number = pane.nextElementSibling;
      if (number.textContent !== said) number.textContent = said;
    }
  });
})();
