/* Draws a Part: a tree of [element, attributes, child, …], the same at first paint and at every push.
 * What clock.js fills gets a key of its own, so that React never makes anything else of it. */
window.bayboard_parts = {
  Part({ tree }) {
    const draw = (node, index) =>
      typeof node === "string"
        ? node
        : React.createElement(node[0], { key: node[1]["data-tick"] || index, ...node[1] }, ...node.slice(2).map(draw));
    return draw(tree);
  },
};
