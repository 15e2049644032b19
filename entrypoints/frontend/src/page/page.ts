// The script of the page at `/`.
import "./requests";
