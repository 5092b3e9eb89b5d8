/* What the analytics pages do in the browser: load what draws, follow a click, print, and speak Chinese on charts. */
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

  // What draws a view is loaded while the server reckons, rather than once it has answered.
  const CHARTLESS = ["orders", "week"];
  const TABLELESS = ["overview", "week"];
  const added = new Map();
  const add = (src) => {
    if (!added.has(src))
      added.set(
        src,
        new Promise((resolve, reject) => {
          const script = Object.assign(document.createElement("script"), { src, onload: () => resolve(), onerror: reject });
          document.body.append(script);
        }),
      );
    return added.get(src);
  };
  // A library's part that it loads itself when it is first needed lies beside it.
  const addPart = (library, part) => add(new URL(part, document.querySelector(`script[src*="/${library}."]`).src).href);
  const load = () => {
    const view = window.location.pathname.split("/")[2] || "overview";
    if (!CHARTLESS.includes(view)) {
      // Dash waits for what stands here; plotly.js puts itself in its place.
      window.Plotly = window.Plotly || add(window._dashPlotlyJSURL);
      addPart("dash_core_components", "async-graph.js");
    }
    if (!TABLELESS.includes(view)) addPart("dash_ag_grid", "async-community.js");
  };

  window.dash_clientside = Object.assign(window.dash_clientside || {}, {
    analytics: {
      // Once the view has been asked for.
      load: () => setTimeout(load) && window.dash_clientside.no_update,
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
