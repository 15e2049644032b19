// The script of the page at `/`: the elements, htmx for fragments, and what connects them.
import "../components/gallery-wall";
import "../components/image-view";
import "../components/live-partials";
import "./requests";
import "./notices";
import "./facts";
import "./runs";
import "./create";
import "./wall";
import "./reports";
