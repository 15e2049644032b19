// The script of the page at `/`: the elements, and htmx for its fragments.
import "../components/gallery-wall";
import "../components/image-view";
import "../components/live-partials";
import "./requests";
