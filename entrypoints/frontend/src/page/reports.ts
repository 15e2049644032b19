// The charts of the usage view: each `cost-chart` with `data-source` gets the groups of that path.
import type { ChartData } from "../components/cost-chart";
import { call } from "./requests";

type Point = ChartData["points"][number];

interface Group {
  group: string;
  costUsd: number;
  estimatedUsd: number;
  savedUsd: number;
}

interface Breakdown {
  by: string;
  groups: Group[];
}

const MOST_TIMES = 400;
const MOST_NAMES = 20;
const UNKNOWN = "unknown";
const DAY = 86_400_000; // milliseconds

/** The groups as the chart has them: of time the oldest first, without what has no time. */
export function chartData({ by, groups }: Breakdown): ChartData {
  const ofTime = by === "day" || by === "hour";
  const known = groups.filter(({ group }) => group !== UNKNOWN);
  const shown = ofTime ? known.slice(0, MOST_TIMES).reverse() : groups.slice(0, MOST_NAMES);
  const points = shown.map(({ group, costUsd, estimatedUsd, savedUsd }) => ({
    x: group,
    values: [costUsd, estimatedUsd, savedUsd],
  }));
  return {
    unit: "USD",
    series: ["cost", "estimated", "saved"],
    points: by === "day" ? withEmptyDays(points) : points,
  };
}

/** The days and those between them, on which nothing was used. */
function withEmptyDays(points: Point[]): Point[] {
  const known = new Map(points.map((point) => [point.x, point]));
  const [first, last] = [points[0], points.at(-1)].map((point) => Date.parse(point?.x ?? ""));
  const days: Point[] = [];
  for (let at = first ?? NaN; at <= (last ?? NaN) && days.length < MOST_TIMES; at += DAY) {
    const x = new Date(at).toISOString().slice(0, 10);
    days.push(known.get(x) ?? { x, values: [0, 0, 0] });
  }
  return days.length < MOST_TIMES ? days : points;
}

for (const chart of document.querySelectorAll<HTMLElement>("cost-chart[data-source]")) {
  call<Breakdown>(chart.dataset.source ?? "")
    .then((found) => Object.assign(chart, { data: chartData(found) }))
    .catch(() => chart.remove()); // the table below has the same numbers
}
