// Where the states of a flow stand: a tree from left to right, links as small chips at its twigs.

export const NODE = { width: 180, height: 52 };
export const CHIP = { height: 24, least: 64, most: 168 };
export const GAP = { column: 118, row: 14, chip: 8, tree: 56 };
const SHAPE = 1.5; // width to height
const CHIP_PADDING = 26;

/**
 * `{items, trees, places, width, height}`; each item has x, y (its middle), width, height.
 * `widthOf` measures the text of a chip.
 */
export function layout(graph, widthOf) {
  const nodes = new Map(graph.nodes.map((node) => [node.id, { kind: "node", node, id: node.id, children: [], ...NODE }]));
  const roots = [];
  for (const item of nodes.values()) if (item.node.parent === null) roots.push(item);
  for (const edge of graph.edges) {
    const source = nodes.get(edge.source);
    const target = nodes.get(edge.target);
    if (!source || !target) continue;
    if (target.node.parent === edge.source && !target.edge && (!edge.link || !target.node.defined)) {
      target.edge = edge;
      source.children.push(target);
    } else {
      const width = Math.min(CHIP.most, Math.max(CHIP.least, widthOf(chipText(edge)) + CHIP_PADDING));
      source.children.push({ kind: "chip", edge, children: [], width, height: CHIP.height });
    }
  }
  const trees = roots.map((root) => {
    place(root, 0, 0, []);
    const items = [...walk([root])];
    return { items, width: Math.max(...items.map((item) => item.x + item.width)), height: Math.max(...items.map(bottom)) };
  });
  pack(trees);
  const items = trees.flatMap((tree) => tree.items);
  return { items, trees, places: nodes, width: Math.max(...trees.map((tree) => tree.x + tree.width)), height: Math.max(...trees.map((tree) => tree.y + tree.height)) };
}

const bottom = (item) => item.y + item.height / 2;

/** Many trees stand in columns, as in a newspaper, so that the whole has the shape of a screen. */
function pack(trees) {
  const tallest = Math.max(...trees.map((tree) => tree.height));
  const sum = trees.reduce((total, tree) => total + tree.height + GAP.tree, 0);
  let best = null;
  for (let count = 1; count <= trees.length; count += 1) {
    const columns = inColumns(trees, Math.max(tallest, sum / count));
    const width = columns.reduce((total, column) => total + column.width + GAP.tree, -GAP.tree);
    const height = Math.max(...columns.map((column) => column.height));
    const off = Math.abs(Math.log(width / height / SHAPE));
    if (!best || off < best.off) best = { off, columns };
  }
  let x = 0;
  for (const column of best.columns) {
    let y = 0;
    for (const tree of column.trees) {
      Object.assign(tree, { x, y });
      for (const item of tree.items) {
        item.x += x;
        item.y += y;
      }
      y += tree.height + GAP.tree;
    }
    x += column.width + GAP.tree;
  }
}

function inColumns(trees, most) {
  const columns = [];
  for (const tree of trees) {
    let column = columns.at(-1);
    if (!column || column.height + GAP.tree + tree.height > most) columns.push((column = { trees: [], width: 0, height: -GAP.tree }));
    column.trees.push(tree);
    column.width = Math.max(column.width, tree.width);
    column.height += GAP.tree + tree.height;
  }
  return columns;
}

/** A state stands beside its first child, so that ways never cross; a last one slips in above. */
function place(item, depth, least, floors) {
  const half = (item.height + (item.kind === "chip" ? GAP.chip : GAP.row)) / 2;
  item.x = depth * (NODE.width + GAP.column);
  item.y = Math.max(least, (floors[depth] ?? 0) + half);
  for (const child of item.children) place(child, depth + 1, item.y, floors);
  item.y = item.children[0]?.y ?? item.y;
  floors[depth] = item.y + half;
}

function* walk(items) {
  for (const item of items) {
    yield item;
    yield* walk(item.children);
  }
}

export function chipText({ kind, target }) {
  return `${kind === "timeout" ? "◷" : "↪"} ${target}`;
}

/** A smooth way from the right side of one item to the left side of another. */
export function way(from, to) {
  const [x1, y1, x2, y2] = [from.x + from.width, from.y, to.x, to.y];
  const bend = x2 > x1 ? Math.min(70, (x2 - x1) / 2) : 90 + Math.min(120, Math.abs(y2 - y1) / 6);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
