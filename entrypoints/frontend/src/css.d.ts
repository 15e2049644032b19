declare module "*.css" {
  /** The style sheet's minified text. */
  const text: string;
  export default text;
}
