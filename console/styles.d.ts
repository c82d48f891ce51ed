/**
 * Style sheets that a module asks for: the build puts them into `console.css`.
 *
 * @module
 */

declare module "*.css";
