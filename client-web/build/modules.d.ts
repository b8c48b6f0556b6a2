// What the bundler makes of files that are not TypeScript.

declare module "*.ftl" {
  const text: string;
  export default text;
}
