/**
 * Signed messages by the thousand, made before any clock starts. They are signed with liboqs, fifteen
 * times as fast as the reference; its place is here and not in the client, because it copies secret
 * keys into memory that it does not erase. These keys live as long as the benchmark.
 *
 * @module
 */

import { createMLDSA65 } from "@oqs/liboqs-js/sig";
import { systemClock } from "../dist/src/base/clock.js";
import { systemRandom } from "../dist/src/base/random.js";
import { composeBundle, composeMessage } from "../dist/src/client/compose.js";
import { addressOf } from "../dist/src/crypto/address.js";
import { algorithmMlDsa65, signedBytes } from "../dist/src/crypto/signature.js";
import { bundleRecord, envelopeRecord } from "../dist/src/protocol/envelope.js";
import { addressOf as accountAddress } from "./token-transfers.mjs";

const recipients = 500;

/** A throw-away identity that signs in half a millisecond. */
export async function quickIdentity() {
  const liboqs = await createMLDSA65();
  const { publicKey, secretKey } = liboqs.generateKeyPair();
  return {
    address: addressOf(algorithmMlDsa65, publicKey),
    algorithm: algorithmMlDsa65,
    publicKey,
    sign: (tag, payload) => liboqs.sign(signedBytes(tag, payload), secretKey),
  };
}

/** Makes token transfers of several owners to several processes, no two of them equal. */
export class MessageMaker {
  #contexts;
  #processes;
  #count = 0;

  constructor({ network, owners, processes }) {
    const clock = systemClock;
    this.#contexts = owners.map((owner) => ({ network, owner, clock, random: systemRandom }));
    this.#processes = processes;
  }

  /** The canonical bytes of `count` envelopes. */
  envelopes(count) {
    return Array.from({ length: count }, () => {
      const { draft, context } = this.#next();
      return envelopeRecord.encode(composeMessage(draft, context));
    });
  }

  /** The canonical bytes of `count` bundles of `size` messages each. */
  bundles(count, size) {
    return Array.from({ length: count }, () => {
      const drafts = Array.from({ length: size }, () => this.#next());
      return bundleRecord.encode(
        composeBundle(
          drafts.map(({ draft }) => draft),
          drafts[0].context,
        ),
      );
    });
  }

  #next() {
    const number = this.#count++;
    const tags = [
      { name: "Action", value: "Transfer" },
      { name: "Recipient", value: accountAddress(number % recipients) },
      { name: "Quantity", value: "1" },
    ];
    const target = this.#processes[number % this.#processes.length];
    const context = this.#contexts[number % this.#contexts.length];
    return { draft: { target, tags, notAfter: 0 }, context };
  }
}
