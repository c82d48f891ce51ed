/**
 * Peer addresses: one canonical spelling per address, the key by which a peer is limited, and
 * whether a peer is this machine.
 *
 * @module
 */

/**
 * The canonical spelling of an IP address (RFC 5952), IPv4-mapped IPv6 as IPv4. Text that is no
 * address (a socket that is already gone) gives the empty string.
 */
export function canonicalAddress(text: string): string {
  if (!text.includes(":")) return text;
  const withoutZone = text.split("%", 1)[0] ?? "";
  const literal = `http://[${withoutZone}]/`;
  if (!URL.canParse(literal)) return "";
  const address = new URL(literal).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (mapped === null) return address;
  const bits = Number.parseInt(mapped[1] ?? "", 16) * 65_536 + Number.parseInt(mapped[2] ?? "", 16);
  return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join(".");
}

/**
 * The key by which a peer is counted: an IPv4 address, or the /64 of an IPv6 address, because one
 * subscriber owns at least a whole /64 and could otherwise take a new address for every request.
 */
export function remoteKey(remote: string): string {
  if (!remote.includes(":")) return remote;
  const [left = "", right] = remote.split("::", 2);
  const leftGroups = left === "" ? [] : left.split(":");
  if (right === undefined) return `${leftGroups.slice(0, 4).join(":")}::/64`;
  const rightGroups = right === "" ? [] : right.split(":");
  const zeros = new Array<string>(Math.max(0, 8 - leftGroups.length - rightGroups.length)).fill(
    "0",
  );
  return `${[...leftGroups, ...zeros, ...rightGroups].slice(0, 4).join(":")}::/64`;
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopback(remote: string): boolean {
  return remote === "::1" || /^127(\.\d{1,3}){3}$/.test(remote);
}
