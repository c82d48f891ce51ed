/**
 * The peer of the acceptance figures: a bare `node:http` server that makes the hash of each body
 * durable before it answers. It verifies nothing, orders nothing and keeps no body: what any durable
 * service over HTTP costs at least. What arrives during one fdatasync shares the next.
 *
 * `GET` answers at once: the bare round trip. The parent is sent `{ port }`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { createServer } from "node:http";

const file = await open(process.argv[2], "a");
let waiting = [];
let isFlushing = false;

async function flush() {
  if (isFlushing) return;
  isFlushing = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    await file.write(Buffer.concat(batch.map(({ digest }) => digest)));
    await file.datasync();
    for (const { digest, response } of batch) answer(response, digest);
  }
  isFlushing = false;
}

function answer(response, body) {
  response.writeHead(202, { "content-type": "application/msgpack", "content-length": body.length });
  response.end(body);
}

const server = createServer((request, response) => {
  if (request.method === "GET") return answer(response, Buffer.from("ok"));
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    waiting.push({ digest: hash.digest(), response });
    void flush();
  });
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
// The channel closes when the benchmark ends, however it ends.
process.on("disconnect", () => process.exit(0));
