/**
 * Every head that two instances of a scheduler showed, and whether all of them are of one history: each is
 * signed by the log's key and has the root of the log as it is in the end, at its size.
 *
 * @module
 */
import { built, pause } from "./real-network.mjs";

const { checkHead } = await built("log/check-log-receipt.js");
const { GrowingTree } = await built("log/growing-tree.js");
const { parseHead } = await built("log/head.js");
const { tilePath } = await built("log/tiles.js");
const { headKeyRecord } = await built("protocol/head-key.js");
const { parseId } = await built("protocol/ids.js");

const everyMs = 40;
const answerMs = 400;
const leavesOfTile = 256;

export class SeenHeads {
  constructor(network, names) {
    this.network = network;
    this.names = names;
    /** By text: the notes of one head may differ in their time. */
    this.notes = new Map();
    this.isOver = false;
  }

  /** Looks at all instances until `stop`. */
  watch() {
    this.watching = Promise.all(this.names.map((name) => this.#watchOne(name)));
  }

  async stop() {
    this.isOver = true;
    await this.watching;
  }

  async #watchOne(name) {
    while (!this.isOver) {
      const note = await this.#read(name, "/checkpoint").catch(() => null);
      if (note !== null) this.notes.set(Buffer.from(note).toString().split("\n\n")[0], note);
      await pause(everyMs);
    }
  }

  async #read(name, path) {
    const signal = AbortSignal.timeout(answerMs);
    const headers = { accept: path === "/head-key" ? "application/msgpack" : "*/*" };
    const answer = await fetch(this.network.urls[name] + path, { signal, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** How many heads were seen, and how many are of another history than the log's. */
  async judged() {
    const [name] = this.names;
    const headKey = await this.#read(name, "/head-key");
    const { scheduler } = headKeyRecord.decode(headKey);
    const owner = { network: parseId(this.network.id), scheduler };
    const last = parseHead(await this.#read(name, "/checkpoint")).head.size;
    const roots = await this.#rootsUpTo(name, last);
    let wrong = 0;
    for (const head of this.notes.values()) {
      const { size, root } = checkHead({ head, headKey }, owner).signed.head;
      const same = roots.get(size);
      if (same === undefined || Buffer.compare(same, root) !== 0) wrong++;
    }
    return { seen: this.notes.size, wrong, size: last };
  }

  /** The root of the log at each size, from its entries as they are served. */
  async #rootsUpTo(name, size) {
    const tree = GrowingTree.from(0, []);
    const roots = new Map();
    for (let index = 0; index * leavesOfTile < size; index++) {
      const width = Math.min(leavesOfTile, size - index * leavesOfTile);
      const place = tilePath({ level: 0, index, width });
      const bytes = await this.#read(name, `/${place.replace("tile/0/", "tile/entries/")}`);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at < bytes.length; ) {
        const length = view.getUint16(at);
        tree.append(bytes.subarray(at + 2, at + 2 + length));
        at += 2 + length;
        roots.set(tree.size, tree.root());
      }
    }
    return roots;
  }
}
