/**
 * The faults that a real unit suffers, each of which leaves the network whole: killed, stopped for a
 * while, its disk full.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pause } from "./real-network.mjs";

const stallMs = 2_500;
const fullMs = 1_500;

/** A unit that ended of itself is started again, as its operator does. */
async function reopened(network, role) {
  const { exitCode, signalCode } = network.children[role];
  if (exitCode !== null || signalCode !== null) await network.open(role);
}

export const faults = {
  kill: async (network, role) => {
    await network.kill(role);
    await pause(200);
    await network.open(role);
  },
  pause: (network, role) => network.stall(role, stallMs),
  disk: async (network, role, disk) => {
    if (disk === null) return await boundFiles(network, role);
    const ballast = join(disk, "ballast");
    fillDisk(ballast);
    await pause(fullMs);
    unlinkSync(ballast);
    await reopened(network, role);
  },
};

/** Leaves no block free. */
function fillDisk(file) {
  const { bavail, bsize } = statfsSync(join(file, ".."));
  for (let bytes = bavail * bsize; bytes > 4096; bytes = Math.floor(bytes / 2)) {
    try {
      writeFileSync(file, new Uint8Array(bytes));
      return;
    } catch (error) {
      if (error.code !== "ENOSPC") throw error;
    }
  }
}

/**
 * What anyone can do to a unit of one's own without a disk to fill: its files may grow no further, for
 * a while. The store answers a write beyond that as one to a full disk.
 */
async function boundFiles(network, role) {
  const { pid } = network.children[role];
  const { size } = statSync(join(network.stores[role], "store.mdb"));
  const limit = (bytes) => execFileSync("prlimit", ["--pid", `${pid}`, `--fsize=${bytes}:`]);
  limit(size);
  await pause(fullMs);
  // The unit may have ended meanwhile, and its limit with it.
  try {
    limit("unlimited");
  } catch {
    await pause(100);
  }
  await reopened(network, role);
}

/** A small disk of memory; null where this machine lets nobody make one. */
export function smallDisk(megabytes) {
  const folder = mkdtempSync(join(tmpdir(), "nymcompute-disk-"));
  try {
    const options = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder];
    execFileSync("mount", options, { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
}

export function removeDisk(folder) {
  execFileSync("umount", [folder]);
  rmSync(folder, { recursive: true });
}
