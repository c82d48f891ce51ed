/**
 * A unit that an operator configured by its URL. Its address is learned from `GET /`, where role,
 * network and key have to fit, and is learned again after the unit could not be reached: another
 * one may have taken its place.
 *
 * @module
 */

import { equalBytes, fromBase64url } from "../src/base/bytes.ts";
import { UnitCallError } from "../src/client/unit-call.ts";
import { addressOf } from "../src/crypto/address.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import type { UnitInfo, UnitRole } from "../src/protocol/http.ts";
import { type Digest, idText, parseId } from "../src/protocol/ids.ts";

/** What every unit's client can. */
interface UnitClient {
  info(): Promise<UnitInfo>;
}

export class KnownUnit<Client extends UnitClient> {
  readonly url: string;
  readonly client: Client;
  readonly #role: UnitRole;
  readonly #network: Digest;
  #address: Digest | null = null;
  #learning: Promise<Digest> | null = null;

  constructor(unit: {
    readonly url: string;
    readonly client: Client;
    readonly role: UnitRole;
    readonly network: Digest;
  }) {
    this.url = unit.url;
    this.client = unit.client;
    this.#role = unit.role;
    this.#network = unit.network;
  }

  /** The address as far as it is known now. */
  get knownAddress(): Digest | null {
    return this.#address;
  }

  /**
   * The unit's address. Rejects with `UNAVAILABLE` or, where the unit is none of ours, its code.
   */
  address(): Promise<Digest> {
    if (this.#address !== null) return Promise.resolve(this.#address);
    this.#learning ??= this.#learn().finally(() => {
      this.#learning = null;
    });
    return this.#learning;
  }

  /**
   * Calls the unit. Where it cannot be reached, its address is learned anew before it counts again.
   */
  async call<Answer>(ask: (client: Client) => Promise<Answer>): Promise<Answer> {
    try {
      return await ask(this.client);
    } catch (error) {
      if (error instanceof UnitCallError && error.status === 0) this.#address = null;
      throw error;
    }
  }

  async #learn(): Promise<Digest> {
    const address = this.#checked(await this.client.info());
    this.#address = address;
    return address;
  }

  #checked(info: UnitInfo): Digest {
    if (info.role !== this.#role) {
      const fields = { unit: this.url, expected: `a ${this.#role}`, got: String(info.role) };
      throw new ProtocolError("UNAVAILABLE", fields);
    }
    const network = parseId(String(info.network), "network");
    if (!equalBytes(network, this.#network)) {
      const fields = { unit: this.url, expected: idText(this.#network), got: idText(network) };
      throw new ProtocolError("NETWORK_MISMATCH", fields);
    }
    const address = parseId(String(info.address), "address");
    const { algorithm } = info;
    const publicKey = fromBase64url(String(info.publicKey));
    const isByte = Number.isInteger(algorithm) && algorithm >= 0 && algorithm <= 255;
    if (!isByte || publicKey === null || !equalBytes(addressOf(algorithm, publicKey), address)) {
      throw new ProtocolError("UNAVAILABLE", { unit: this.url, expected: "its own address" });
    }
    return address;
  }
}
