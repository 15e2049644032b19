// The charts of the usage view: each `cost-chart` with `data-source` gets the groups of that path.
import { call } from "./requests";

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

interface ChartData {
  unit: string;
  series: string[];
  points: { x: string; values: number[] }[];
}

const MOST = 400;
const UNKNOWN = "unknown";

/** The groups as the chart has them: of time the oldest first, and without what has no time. */
export function chartData({ by, groups }: Breakdown): ChartData {
  const ofTime = by === "day" || by === "hour";
  const shown = ofTime ? groups.filter(({ group }) => group !== UNKNOWN) : groups;
  const newest = shown.slice(0, MOST);
  return {
    unit: "US dollars",
    series: ["cost", "estimated", "saved"],
    points: (ofTime ? newest.reverse() : newest).map(({ group, costUsd, estimatedUsd, savedUsd }) => ({
      x: group,
      values: [costUsd, estimatedUsd, savedUsd],
    })),
  };
}

for (const chart of document.querySelectorAll<HTMLElement>("cost-chart[data-source]")) {
  call<Breakdown>(chart.dataset.source ?? "")
    .then((found) => Object.assign(chart, { data: chartData(found) }))
    .catch(() => chart.remove()); // the table below has the same numbers
}
