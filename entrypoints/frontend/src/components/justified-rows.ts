// Rows of equal width whose images keep their shapes, as in a printed contact sheet.
import { clamp } from "./element";

export interface Shape {
  width: number;
  height: number;
}

/** Items `start` to `end` (exclusive) at `top`; their images are `height` pixels high. */
export interface Row {
  start: number;
  end: number;
  top: number;
  height: number;
}

export const GAP = 12;
export const CAPTION = 48;

/** Width by height, within bounds that leave room for a caption. */
export function aspect({ width, height }: Shape): number {
  return width > 0 && height > 0 ? clamp(width / height, 0.5, 2.6) : 1;
}

/** The rows of all items at this width; their images are about `target` pixels high. */
export function justifiedRows(items: readonly Shape[], width: number, target: number): Row[] {
  const rows: Row[] = [];
  let start = 0;
  let top = 0;
  let sum = 0;
  const close = (end: number, height: number) => {
    rows.push({ start, end, top, height });
    top += height + CAPTION + GAP;
    start = end;
    sum = 0;
  };
  items.forEach((item, index) => {
    const without = (width - GAP * (index - start - 1)) / sum;
    const height = (width - GAP * (index - start)) / (sum + aspect(item));
    // A row may be a bit higher than wanted rather than far lower.
    if (height < target && sum && without - target < target - height) close(index, without);
    sum += aspect(item);
    const filled = (width - GAP * (index - start)) / sum;
    if (filled <= target) close(index + 1, filled);
  });
  if (start < items.length) close(items.length, target);
  return rows;
}

/**
 * The rows to render: those between `top` and `bottom`, then their neighbors within `beyond` pixels,
 * as long as they have at most `most` items.
 */
export function rowsNear(rows: readonly Row[], top: number, bottom: number, beyond: number, most: number): Row[] {
  const below = (row: Row) => row.top + row.height + CAPTION;
  let first = rows.findIndex((row) => below(row) > top);
  if (first < 0) first = Math.max(rows.length - 1, 0);
  let last = first - 1;
  let count = 0;
  const take = (row: Row | undefined): boolean => {
    if (!row || count + row.end - row.start > most) return false;
    count += row.end - row.start;
    return true;
  };
  while ((rows[last + 1]?.top ?? Infinity) < bottom && take(rows[last + 1])) last += 1;
  for (let grows = true; grows; ) {
    grows = false;
    const next = rows[last + 1];
    if (next && next.top < bottom + beyond && take(next)) (last += 1), (grows = true);
    const previous = rows[first - 1];
    if (previous && below(previous) > top - beyond && take(previous)) (first -= 1), (grows = true);
  }
  return rows.slice(first, last + 1);
}
