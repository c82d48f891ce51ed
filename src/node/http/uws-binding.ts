/**
 * The part of `uWebSockets.js` that `uws.ts` uses, and how it is loaded. Types of our own, because
 * the package is an optional peer and its declarations lack `filter` and the exclusive `listen`.
 *
 * @module
 */

/** Refuses a port that another socket holds; without it, two servers share one in silence. */
export const listenExclusively = 1;

export interface UwsResponse {
  writeStatus(status: string): UwsResponse;
  writeHeader(name: string, value: string): UwsResponse;
  write(chunk: Uint8Array): boolean;
  end(body?: Uint8Array, closeConnection?: boolean): UwsResponse;
  endWithoutBody(): UwsResponse;
  tryEnd(body: Uint8Array, length: number): [isTaken: boolean, isDone: boolean];
  close(): UwsResponse;
  onWritable(handler: (offset: number) => boolean): UwsResponse;
  onAborted(handler: () => void): UwsResponse;
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): UwsResponse;
  getRemoteAddressAsText(): ArrayBuffer;
  cork(write: () => void): UwsResponse;
}

export interface UwsRequest {
  getCaseSensitiveMethod(): string;
  getUrl(): string;
  getQuery(): string;
  forEach(visit: (name: string, value: string) => void): void;
}

/** Opaque and unchecked on the other side: only ever handed back. */
export interface UwsListenSocket {
  readonly opaque: never;
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp;
  filter(handler: (response: UwsResponse, change: number) => void): UwsApp;
  listen(
    host: string,
    port: number,
    flags: number,
    onListening: (socket: UwsListenSocket | false) => void,
  ): UwsApp;
  close(): UwsApp;
}

export interface UwsBinding {
  App(): UwsApp;
  us_listen_socket_close(socket: UwsListenSocket): void;
  us_socket_local_port(socket: UwsListenSocket): number;
}

function isBinding(value: unknown): value is UwsBinding {
  const names = ["App", "us_listen_socket_close", "us_socket_local_port"];
  return (
    typeof value === "object" &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === "function")
  );
}

/** The binding, or why there is none: not installed, or not built for this Node or C library. */
export async function loadUws(): Promise<UwsBinding | { readonly reason: string }> {
  // A variable, so that the compiler does not ask for a package that may rightly be missing.
  const packageName: string = "uWebSockets.js";
  try {
    const loaded = (await import(packageName)) as { readonly default?: unknown };
    return isBinding(loaded.default) ? loaded.default : { reason: "not the expected package" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { reason: message.split("\n", 1)[0] ?? "" };
  }
}
