// Path commands of the icons, each in a square of 24 units.
export const plus = "M12 5v14M5 12h14";
export const minus = "M5 12h14";
export const fit = "M4 9V5a1 1 0 0 1 1-1h4M15 4h4a1 1 0 0 1 1 1v4M20 15v4a1 1 0 0 1-1 1h-4M9 20H5a1 1 0 0 1-1-1v-4";
export const download = "M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14";
export const compare = "M12 3.5v17M8.5 8 4.5 12l4 4M15.5 8l4 4-4 4";
export const trash = "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 10.5v5.5M14 10.5v5.5";
export const brush = "M19.5 4.5c-4 1.5-8 5-10.2 8.6M9.3 13.1c-2.6-.6-4.3 1-4.5 3.2-.1 1.3-.5 2.2-1.3 2.9 3.8 1 7.6.2 8.2-3.3.2-1.3-.6-2.5-2.4-2.8zM19.5 4.5c-.6 3.7-3.2 8-7.5 10.6";
export const eraser = "M8.5 19.5h11M5 15.5 14.2 6.3a1.7 1.7 0 0 1 2.4 0l3 3a1.7 1.7 0 0 1 0 2.4l-7.8 7.8H8.5L5 16.5a.7.7 0 0 1 0-1zM10 10.5l5.5 5.5";
export const move = "M12 3.5v17M3.5 12h17M9.5 6 12 3.5 14.5 6M9.5 18l2.5 2.5 2.5-2.5M6 9.5 3.5 12 6 14.5M18 9.5l2.5 2.5-2.5 2.5";
export const undo = "M8.5 14 4.5 9.5 8.5 5M5 9.5h9a5.5 5.5 0 0 1 0 11h-3";
export const redo = "M15.5 14l4-4.5-4-4.5M19 9.5h-9a5.5 5.5 0 0 0 0 11h3";
export const invert = "M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17";
export const folder = "M3.5 18V6.5a1 1 0 0 1 1-1h4.7l2 2.5h8.3a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1z";
export const clear = "M6 6l12 12M18 6 6 18";
export const alert = "M12 8v5M12 16.2v.1M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z";
