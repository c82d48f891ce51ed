/**
 * `nymcompute receipt`: everything about one message in one file.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { collectReceipt } from "../../client/collect-receipt.ts";
import { idText } from "../../protocol/ids.ts";
import { receiptRecord } from "../../protocol/receipt.ts";
import { type Command, defineCommand } from "../command.ts";
import { openNetwork } from "../open-network.ts";
import { argumentAt, networkOptions } from "../options.ts";
import { holdAgainstSeen } from "../seen-receipts.ts";

export const receiptCommand: Command = defineCommand({
  command: "nymcompute receipt",
  summary: "Writes what is needed to check one message into a file: log, module, result, evidence.",
  arguments: [{ name: "MESSAGE", help: "a message's id" }],
  options: [
    {
      name: "out",
      kind: "string",
      env: null,
      short: "o",
      required: true,
      placeholder: "FILE",
      help: "where to write it",
    },
    {
      name: "cosignatures",
      kind: "number",
      env: null,
      default: 0,
      max: 16,
      placeholder: "N",
      help: "how many witnesses must have cosigned the head; waits for it",
    },
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const connection = await openNetwork(values, terminal.folder);
    terminal.progress("asking the units …");
    const message = argumentAt(given, 0);
    const receipt = await collectReceipt(connection, message, values.cosignatures);
    const bytes = receiptRecord.encode(receipt);
    const file = resolve(terminal.folder, values.out);
    await writeFile(file, bytes);
    const entry = receipt.entries.at(-1);
    const urls = connection.schedulers.map(({ unit }) => unit.url);
    const evidence =
      entry === undefined || receipt.head === null
        ? []
        : await holdAgainstSeen({ entry, receipt: receipt.head }, urls, terminal);
    const parts = {
      attestations: receipt.attestations.length,
      proof: receipt.proof === null ? "absent" : "present",
      head: receipt.head === null ? "absent" : "present",
    };
    const place = { message, process: idText(receipt.process), slot: receipt.slot };
    const words = `${parts.attestations} attestations, proof ${parts.proof}, head ${parts.head}`;
    return {
      json: { ...place, file, bytes: bytes.length, ...parts, evidence },
      text: `slot ${place.slot} of ${place.process}\n${words}\n${bytes.length} bytes in ${file}`,
    };
  },
});
