/* How cells of the table of reminders are drawn: two lines, and a way to the vehicle. */
(() => {
  "use strict";

  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const draw = (kind, className, ...children) => window.React.createElement(kind, { className }, ...children);

  components.ReminderLines = ({ data, colDef: { field } }) =>
    draw(
      "span",
      "two",
      draw("span", `words level-${data[`${field}_level`] || "plain"}`, data[`${field}_words`]),
      data[`${field}_second`] ? draw("span", "second", data[`${field}_second`]) : null,
    );
  components.ReminderCar = ({ data }) =>
    draw(
      "span",
      "two",
      window.React.createElement("a", { className: "first", href: data.href }, data.plate_words),
      draw("span", "second", data.plate_second),
    );
})();
