import { httpCompliance } from "../../testing/http-compliance/http-compliance.ts";
import { nodeHttp } from "./node-http.ts";

httpCompliance(() => Promise.resolve(nodeHttp));
