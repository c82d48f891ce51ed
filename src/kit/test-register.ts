/**
 * Given to `node --import` by `nymcompute test`: from here on the names of this package resolve.
 *
 * @module
 */

import { register } from "node:module";

register(new URL("./test-resolver.js", import.meta.url));
