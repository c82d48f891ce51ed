/**
 * Compliance of uploaded content with its port.
 *
 * @module
 */

import { expect, test } from "vitest";
import { bytesOf, digested, idOf, type StoreSubject, sha256Of, withStores } from "./harness.ts";

const hourMs = 3_600_000;

/** Registers the tests. */
export function contentStoreCompliance(subject: StoreSubject): void {
  storing(subject);
  dropping(subject);
}

function storing(subject: StoreSubject): void {
  test("content: takes announced bytes once and gives the same bytes back", async () => {
    await withStores(subject, "compute", async ({ content }, stores) => {
      const bytes = bytesOf(1, 100_000);
      const id = sha256Of(bytes);
      expect(await content.has(id)).toBe(false);
      expect(await content.get(id)).toBeNull();
      expect(await content.reserve(id, bytes.length, stores.clock.now() + 1_000)).toBe("reserved");
      expect(await content.reserved(id, bytes.length)).toBe(true);
      expect(await content.reserved(id, bytes.length - 1)).toBe(false);
      expect(await content.put(id, bytes)).toBe(true);
      expect(await content.put(id, bytes)).toBe(false);
      expect(await content.reserve(id, bytes.length, stores.clock.now() + 1_000)).toBe("present");
      const reopened = (await stores.reopen()).content;
      expect(digested(await reopened.get(id))).toBe(digested(bytes));
      expect(await reopened.has(id)).toBe(true);
    });
  });

  test("content: takes empty content", async () => {
    await withStores(subject, "compute", async ({ content }, { clock }) => {
      const id = sha256Of(new Uint8Array(0));
      await content.reserve(id, 0, clock.now() + 1_000);
      expect(await content.put(id, new Uint8Array(0))).toBe(true);
      expect(await content.get(id)).toEqual(new Uint8Array(0));
    });
  });

  test("content: refuses bytes whose SHA-256 is not the id", async () => {
    await withStores(subject, "compute", async ({ content }, { clock }) => {
      const bytes = bytesOf(1, 100);
      await content.reserve(idOf("other"), 100, clock.now() + 1_000);
      await expect(content.put(idOf("other"), bytes)).rejects.toMatchObject({
        code: "CONTENT_MISMATCH",
      });
      expect(await content.has(idOf("other"))).toBe(false);
    });
  });

  test("content: refuses what nobody announced in this size", async () => {
    await withStores(subject, "compute", async ({ content }, { clock }) => {
      const bytes = bytesOf(1, 100);
      const id = sha256Of(bytes);
      const refused = { code: "CONTENT_UNANNOUNCED" };
      await expect(content.put(id, bytes)).rejects.toMatchObject(refused);
      await content.reserve(id, 99, clock.now() + 1_000);
      await expect(content.put(id, bytes)).rejects.toMatchObject(refused);
      await content.reserve(id, 100, clock.now() + 1_000);
      clock.advance(1_000);
      expect(await content.reserved(id, 100)).toBe(false);
      await expect(content.put(id, bytes)).rejects.toMatchObject(refused);
      await content.reserve(id, 100, clock.now() + 1_000);
      expect(await content.put(id, bytes)).toBe(true);
    });
  });

  test("content: stored and announced bytes together stay below the bound", async () => {
    await withStores(
      subject,
      "compute",
      async ({ content }, { clock }) => {
        const bytes = bytesOf(1, 600);
        const end = clock.now() + 1_000;
        expect(await content.reserve(sha256Of(bytes), 600, end)).toBe("reserved");
        expect(await content.reserve(idOf("b"), 401, end)).toBe("full");
        expect(await content.reserve(idOf("b"), 400, end)).toBe("reserved");
        expect(await content.totalBytes()).toBe(1_000);
        await content.put(sha256Of(bytes), bytes);
        expect(await content.totalBytes()).toBe(1_000);
        expect(await content.reserve(idOf("c"), 1, end)).toBe("full");
        clock.advance(1_000);
        expect((await content.sweep(clock.now())).reservations).toBe(1);
        expect(await content.totalBytes()).toBe(600);
        expect(await content.reserve(idOf("c"), 400, clock.now() + 1)).toBe("reserved");
      },
      { contentBytesMax: 1_000 },
    );
  });
}

function dropping(subject: StoreSubject): void {
  test("content: drops bytes that nothing refers to after an hour, and no others", async () => {
    await withStores(subject, "compute", async ({ content }, { clock }) => {
      const [kept, dropped] = [bytesOf(1, 100), bytesOf(2, 50)];
      for (const bytes of [kept, dropped]) {
        await content.reserve(sha256Of(bytes), bytes.length, clock.now() + 1_000);
        await content.put(sha256Of(bytes), bytes);
      }
      expect(await content.refer(sha256Of(kept))).toBe(true);
      expect(await content.refer(sha256Of(kept))).toBe(true);
      expect(await content.refer(idOf("absent"))).toBe(false);
      clock.advance(hourMs - 1);
      expect(await content.sweep(clock.now())).toEqual({ contents: 0, reservations: 0, bytes: 0 });
      clock.advance(1);
      expect(await content.sweep(clock.now())).toEqual({ contents: 1, reservations: 0, bytes: 50 });
      expect(await content.has(sha256Of(dropped))).toBe(false);
      clock.advance(100 * hourMs);
      await content.sweep(clock.now());
      expect(await content.get(sha256Of(kept))).toEqual(kept);
      expect(await content.totalBytes()).toBe(100);
    });
  });

  test("content: announcing again may move the end of a reservation later only", async () => {
    await withStores(subject, "compute", async ({ content }, { clock }) => {
      const id = idOf("a");
      const start = clock.now();
      await content.reserve(id, 10, start + 100);
      await content.reserve(id, 10, start + 500);
      await content.reserve(id, 10, start + 200);
      expect(await content.totalBytes()).toBe(10);
      clock.advance(400);
      expect((await content.sweep(clock.now())).reservations).toBe(0);
      expect(await content.reserved(id, 10)).toBe(true);
      clock.advance(100);
      expect((await content.sweep(clock.now())).reservations).toBe(1);
      expect(await content.totalBytes()).toBe(0);
    });
  });
}
