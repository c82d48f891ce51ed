/**
 * A client of a network whose units come and go: it sends the same until it is taken, and remembers
 * what was acknowledged.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { built, pause } from "./real-network.mjs";

const { systemClock } = await built("base/clock.js");
const { systemRandom } = await built("base/random.js");
const { composeBundle, composeMessage } = await built("client/compose.js");
const { putContent } = await built("client/content.js");
const { messengerClient } = await built("client/messenger-client.js");
const { schedulerClient } = await built("client/scheduler-client.js");
const { UnitCallError } = await built("client/unit-call.js");
const { createIdentity } = await built("crypto/identity.js");
const { contentIdOf, idText, parseId } = await built("protocol/ids.js");

export const module = (name) =>
  readFileSync(new URL(`../../dist/processes/${name}.wasm`, import.meta.url));

/** A client that never gives up: it sends the same until it is taken. */
export class PatientClient {
  constructor(network) {
    this.network = network;
    this.messenger = messengerClient(network.urls.messenger);
    this.owner = createIdentity(systemRandom);
    /** Message id → what was acknowledged. */
    this.acknowledged = new Map();
    this.tries = 0;
  }

  get context() {
    const { network, owner } = this;
    return { network: parseId(network.id), owner, clock: systemClock, random: systemRandom };
  }

  async until(attempt) {
    for (;;) {
      this.tries++;
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof UnitCallError) || !error.transient) throw error;
        await pause(100);
      }
    }
  }

  note({ id, process, slot, assignment }) {
    const place = { process: idText(process), slot, entry: assignment, at: performance.now() };
    this.acknowledged.set(idText(id), place);
    this.onPlace?.(place);
  }

  /** Spawns a process of the repository by its name. */
  spawn(name, tags = []) {
    return this.spawnModule(module(name), tags);
  }

  async spawnModule(bytes, tags = []) {
    const spawn = composeMessage(await this.spawnDraft(bytes, tags), this.context);
    const acceptance = await this.until(() => this.messenger.submit(spawn));
    this.note(acceptance);
    return acceptance.process;
  }

  /** What spawns a module, which is handed in. */
  async spawnDraft(bytes, tags = []) {
    await this.until(() => putContent(this.messenger.unit, bytes));
    const { address: scheduler } = await schedulerClient(this.network.urls.scheduler).info();
    const { address: compute } = await schedulerClient(this.network.urls.compute).info();
    const named = { Module: idText(contentIdOf(bytes)), Scheduler: scheduler, Compute: compute };
    const all = [...Object.entries(named).map(([key, value]) => ({ name: key, value })), ...tags];
    return { target: null, tags: all, notAfter: 0 };
  }

  /** A message that makes the token send `recipient` a notice. */
  transfer(token, recipient) {
    const tags = [
      { name: "Action", value: "Transfer" },
      { name: "Recipient", value: idText(recipient) },
      { name: "Quantity", value: "1" },
    ];
    return { target: token, tags, notAfter: 0 };
  }

  /** A message that sends nothing on. */
  increment(counter) {
    return { target: counter, tags: [{ name: "Action", value: "Increment" }], notAfter: 0 };
  }

  bundle(drafts) {
    return composeBundle(drafts, this.context);
  }

  /** Sends a bundle until each of its messages has a slot. */
  async submitBundle(bundle) {
    let left = bundle.ids.length;
    await this.until(async () => {
      const acceptances = await this.messenger.submitBundle(bundle);
      const placed = acceptances.filter(({ slot }) => slot !== null);
      for (const acceptance of placed) this.note(acceptance);
      left = acceptances.length - placed.length;
      const final = acceptances.find(({ error }) => error !== null && !isTransient(error.code));
      if (final !== undefined) throw new Error(`refused: ${final.error.code}`);
      if (left > 0) throw new UnitCallError("UNAVAILABLE", { status: 503 }, {});
    });
  }
}

const isTransient = (code) => ["UNAVAILABLE", "OVERLOADED", "FENCED", "HOST_FAULT"].includes(code);
