/* What the analytics pages do in the browser: follow a click, print, and speak Chinese on charts. */
(() => {
  "use strict";

  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const draw = (kind, attributes, ...children) => window.React.createElement(kind, attributes, ...children);

  components.OrderLink = ({ data }) => draw("a", { href: data.href, className: "first" }, data.work_order || data.plate_words);
  components.AnalyticsCard = ({ data }) =>
    draw(
      "span",
      { className: "card" },
      draw("span", { className: "line" }, data.href ? components.OrderLink({ data }) : draw("b", null, data.id)),
      draw("span", { className: "second" }, data.card),
    );

  window.dash_clientside = Object.assign(window.dash_clientside || {}, {
    analytics: {
      // A point says in its customdata where a click on it leads.
      follow: (...clicks) => {
        const clicked = clicks.flat().find((click) => click && click.points && click.points.length);
        const address = clicked && [clicked.points[0].customdata].flat()[0];
        return typeof address === "string" ? address : window.dash_clientside.no_update;
      },
    },
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest(".print-page")) window.print();
  });

  const months = [..."一二三四五六七八九十"].concat(["十一", "十二"]).map((month) => `${month}月`);
  window.PlotlyLocales = (window.PlotlyLocales || []).concat({
    moduleType: "locale",
    name: "zh-CN",
    dictionary: { "Download plot as a PNG": "下载为 PNG", "Download plot": "下载图片", Autoscale: "自动缩放" },
    format: {
      days: [..."日一二三四五六"].map((day) => `星期${day}`),
      shortDays: [..."日一二三四五六"].map((day) => `周${day}`),
      months,
      shortMonths: months.map((_, number) => `${number + 1}月`),
      date: "%Y-%m-%d",
      month: "%Y年%b",
      dayMonth: "%b%-d日",
      dayMonthYear: "%Y年%b%-d日",
    },
  });
})();
