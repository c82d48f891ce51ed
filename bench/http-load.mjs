/**
 * A load generator that costs little beside the units it measures: some kept connections, on each the
 * next request as soon as the answer is whole. It reads HTTP/1.1 answers with a content-length, which
 * is what the units and the peer send.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";

const answerMs = 30_000;
const headEnd = Buffer.from("\r\n\r\n");

/** A POST of canonical bytes, ready to be written. */
function requestBytes({ host, path, body }) {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    "content-type: application/msgpack",
    "accept: application/msgpack",
    `content-length: ${body.length}`,
    "",
    "",
  ].join("\r\n");
  return Buffer.concat([Buffer.from(head), body]);
}

/** One kept connection. */
class Connection {
  #socket;
  #received = Buffer.alloc(0);
  #settle = null;
  #ended = null;

  static async open({ hostname, port }) {
    const connection = new Connection();
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    connection.#socket = socket;
    socket.setTimeout(answerMs, () => socket.destroy(new Error("no answer in time")));
    socket.on("data", (part) => connection.#read(part));
    socket.on("error", (error) => connection.#end(error));
    socket.on("close", () => connection.#end(new Error("the connection was closed")));
    return connection;
  }

  /** Sends one request; resolves with status and body. */
  send(bytes) {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #end(error) {
    this.#ended ??= error;
    this.#settle?.reject(error);
    this.#settle = null;
  }

  #read(part) {
    this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part]);
    const end = this.#received.indexOf(headEnd);
    if (end < 0) return;
    const head = this.#received.toString("latin1", 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length === null) return this.#socket.destroy(new Error(`no content-length: ${head}`));
    const start = end + headEnd.length;
    if (this.#received.length < start + Number(length[1])) return;
    const body = this.#received.subarray(start, start + Number(length[1]));
    const status = Number(head.slice(9, 12));
    const settle = this.#settle;
    this.#received = Buffer.alloc(0);
    this.#settle = null;
    settle?.resolve({ status, body });
  }
}

/** Bodies as requests to `url`: made before the clock starts. */
export function requestsTo(url, path, bodies) {
  const { host } = new URL(url);
  return bodies.map((body) => requestBytes({ host, path, body }));
}

/**
 * Sends all over so many connections; milliseconds until the last answer. They are opened before the
 * clock starts, and anew each time: a server may close what rests. Any answer but 2xx is thrown.
 */
export async function runLoad({ url, requests, connections, onAnswer = () => undefined }) {
  const opening = Array.from({ length: connections }, () => Connection.open(new URL(url)));
  const opened = await Promise.all(opening);
  let next = 0;
  const drain = async (connection) => {
    while (next < requests.length) {
      const { status, body } = await connection.send(requests[next++]);
      if (status < 200 || status > 299) throw new Error(`${status}: ${body.toString("utf8")}`);
      onAnswer(body);
    }
  };
  try {
    const start = performance.now();
    await Promise.all(opened.map(drain));
    return performance.now() - start;
  } finally {
    for (const connection of opened) connection.close();
  }
}
