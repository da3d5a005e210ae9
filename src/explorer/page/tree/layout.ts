import type { TreeNode } from '../../api';

export interface Placed {
  readonly node: TreeNode;
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly placed: readonly Placed[];
  /** Paths of SVG from parent to child, by the path of the child. */
  readonly edges: readonly { readonly path: string; readonly line: string }[];
  readonly width: number;
  readonly height: number;
}

export const CARD_WIDTH = 236;
export const CARD_HEIGHT = 132;
const GAP_X = 44;
const GAP_Y = 16;
const INDENT = 20;

/**
 * Places the nodes of the tree. `across` draws it from left to right, each parent in the middle of
 * its children; `down` draws an indented list for narrow screens.
 */
export function layOut(nodes: readonly TreeNode[], form: 'across' | 'down'): Layout {
  const childrenOf = (path: string) => nodes.filter(({ parent }) => parent === path);
  const paths = new Set(nodes.map(({ path }) => path));
  const roots = nodes.filter(({ parent }) => parent === undefined || !paths.has(parent));
  const placed: Placed[] = [];
  let row = 0;

  const across = (node: TreeNode, depth: number): number => {
    const middles = childrenOf(node.path).map((child) => across(child, depth + 1));
    const [first, last] = [middles[0], middles.at(-1)];
    const y = first !== undefined && last !== undefined ? (first + last) / 2 : row++ * (CARD_HEIGHT + GAP_Y);
    placed.push({ node, x: depth * (CARD_WIDTH + GAP_X), y });
    return y;
  };
  const down = (node: TreeNode, depth: number): void => {
    placed.push({ node, x: depth * INDENT, y: row++ * (CARD_HEIGHT + GAP_Y) });
    for (const child of childrenOf(node.path)) down(child, depth + 1);
  };
  for (const root of roots) {
    if (form === 'across') across(root, 0);
    else down(root, 0);
  }

  const at = new Map(placed.map((each) => [each.node.path, each]));
  const edges = placed.flatMap((child) => {
    const parent = child.node.parent === undefined ? undefined : at.get(child.node.parent);
    return parent
      ? [{ path: child.node.path, line: form === 'across' ? curve(parent, child) : corner(parent, child) }]
      : [];
  });
  // In the order of the server, so that Tab goes through the tree from the root.
  const inOrder = nodes.flatMap(({ path }) => at.get(path) ?? []);
  return {
    placed: inOrder,
    edges,
    width: Math.max(0, ...placed.map(({ x }) => x)) + CARD_WIDTH,
    height: Math.max(0, row * (CARD_HEIGHT + GAP_Y) - GAP_Y),
  };
}

function curve(parent: Placed, child: Placed): string {
  const [x1, y1] = [parent.x + CARD_WIDTH, parent.y + CARD_HEIGHT / 2];
  const [x2, y2] = [child.x, child.y + CARD_HEIGHT / 2];
  const middle = (x1 + x2) / 2;
  return `M${String(x1)},${String(y1)} C${String(middle)},${String(y1)} ${String(middle)},${String(y2)} ${String(x2)},${String(y2)}`;
}

function corner(parent: Placed, child: Placed): string {
  const x = parent.x + INDENT / 2;
  return `M${String(x)},${String(parent.y + CARD_HEIGHT)} V${String(child.y + CARD_HEIGHT / 2)} H${String(child.x)}`;
}
