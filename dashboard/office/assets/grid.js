/* How cells of tables are drawn. Every word comes from the server, in the row. */
(() => {
  "use strict";

  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  const NARROW = 700;

  const draw = (kind, attributes, ...children) => window.React.createElement(kind, attributes, ...children);
  const span = (className, ...children) => draw("span", { className }, ...children);

  const status = (row) =>
    span(`status status-${row.status_key}`, span("word", row.status_words), span("detail", row.status_detail));
  const mark = (words) => (words ? span("mark", words) : null);
  const level = (row, field) => `words level-${row[`${field}_level`] || "none"}`;
  const trouble = (row, field) =>
    ["warn", "over"].includes(row[`${field}_level`]) ? span(level(row, field), row[`${field}_words`]) : null;
  const refused = (row, words) =>
    row.quarantined ? draw("a", { href: row.quarantined_href, className: "refused" }, words) : null;

  components.Words = ({ data, colDef }) => span(level(data, colDef.field), data[`${colDef.field}_words`]);
  components.DeviceName = ({ data }) =>
    span("two", span("first", data.device, " ", mark(data.unregistered)), span("second", data.source));
  components.DeviceStatus = ({ data }) => status(data);
  components.RefusedLink = ({ data }) => refused(data, data.quarantined);
  // A reason's own words may be anything a device sent; React writes them as text.
  const state = (row) =>
    row.status_words ? span(`status status-${row.status_key}`, span("word", row.status_words)) : span("second", row.ago);
  components.MessageTime = ({ data }) => span("two", span(null, data.received_at_words), state(data));
  components.MessageTopic = ({ data }) => span("two", span("first", data.device), span("second", data.topic));
  components.Reason = ({ data }) => draw("span", { className: "reason", title: data.reason }, data.reason);
  components.MessageCard = ({ data }) =>
    span(
      "card",
      span("line", span("first", data.device), span("second", data.received_at_words)),
      span("reason", data.reason),
      span("line second", state(data), span(null, data.bytes_words)),
    );
  components.DeviceCard = ({ data }) =>
    span(
      "card",
      span("line", span("first", data.device, " ", mark(data.unregistered)), status(data)),
      span("line second", span(null, data.source), span(null, data.age_words)),
      span(
        "line",
        trouble(data, "clock"),
        trouble(data, "calibration"),
        refused(data, data.quarantined_words),
      ),
    );

  // A narrow screen shows one card in place of the columns, and scrolls as one page.
  const fit = (api) => {
    const narrow = window.innerWidth < NARROW;
    // Columns may have come since the table was laid out.
    for (const column of api.getColumns()) {
      const { colId, hide } = column.getColDef();
      const shown = colId === "card" ? narrow : !hide && !narrow;
      if (column.isVisible() !== shown) api.setColumnsVisible([column], shown);
    }
    if (api.bayboardNarrow === narrow) return;
    api.bayboardNarrow = narrow;
    api.setGridOption("rowHeight", narrow ? 94 : 54);
    api.setGridOption("headerHeight", narrow ? 0 : 42);
    api.setGridOption("domLayout", narrow ? "autoHeight" : "normal");
    api.resetRowHeights();
  };
  functions.fitGrid = ({ api }) => fit(api);
  window.dash_clientside = Object.assign(window.dash_clientside || {}, {
    grid: { fit: (_rows, name) => void window.dash_ag_grid.getApiAsync(name).then(fit) },
  });
})();
