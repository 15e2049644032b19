// The script of the page at `/`: the elements, htmx for fragments, and what connects them.
import "../components/cost-chart";
import "../components/gallery-wall";
import "../components/image-view";
import "../components/job-timeline";
import "../components/live-partials";
import "../components/mask-painter";
import "./requests";
import "./notices";
import "./facts";
import "./runs";
import "./create";
import "./wall";
import "./reports";
