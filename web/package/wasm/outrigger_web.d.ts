// What wasm-bindgen declares of the Worker's host; the module itself is built by `cargo xtask web`.
/* tslint:disable */
/* eslint-disable */

/**
 * The engine of one account.
 */
export class Host {
    private constructor();
    free(): void;
    /**
     * Gives a read up.
     */
    abandon_read(reading: number): void;
    /**
     * A request was answered.
     *
     * # Errors
     * Where it could not be committed: it is to be brought again.
     */
    answered(wall: number, monotonic: number, attempt: number, status: number, headers: string, body: Uint8Array | number[]): string;
    /**
     * Begins a read of the server: a JSON array of the paths to fetch, and the number to finish it with. `null` where the server does not know yet what is
     * asked about.
     *
     * # Errors
     * What the database says.
     */
    begin_read(what: string): any;
    /**
     * Something is asked for; its reply is among the effects.
     *
     * # Errors
     * Where it could not be committed.
     */
    call(wall: number, monotonic: number, id: number, what: string): string;
    /**
     * Removes all of a database. Whoever calls this holds its lock, and has not opened it.
     *
     * # Errors
     * Where something of it may have stayed.
     */
    static erase(name: string): Promise<void>;
    /**
     * Whether there was a database before this one was opened.
     */
    existed(): boolean;
    /**
     * Takes the answers to a read over, one for each path. The effects begin with a reply to the call 0 that says what was in it.
     *
     * # Errors
     * Where an answer is not what was asked for, or could not be committed.
     */
    finish_read(wall: number, monotonic: number, reading: number, responses: string): string;
    /**
     * Something happened; a JSON array of effects.
     *
     * # Errors
     * Where it could not be committed.
     */
    notice(wall: number, monotonic: number, what: string): string;
    /**
     * Opens the database and the engine on it. `seed`: 32 random bytes.
     *
     * # Errors
     * A database of somebody else's or of a newer version is refused, and left as it is.
     */
    static open(settings: string, seed: Uint8Array | number[], wall: number, monotonic: number): Promise<Host>;
    /**
     * Answers a query, as JSON.
     *
     * # Errors
     * What the database says.
     */
    query(what: string): string;
    /**
     * Lets the database and its files go, so that another tab can open them. Consumes the host.
     */
    release(): void;
    /**
     * A request was not answered.
     *
     * # Errors
     * Where it could not be committed: it is to be brought again.
     */
    unreached(wall: number, monotonic: number, attempt: number, reason: string): string;
}

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_host_free: (a: number, b: number) => void;
    readonly host_abandon_read: (a: number, b: number) => void;
    readonly host_answered: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly host_begin_read: (a: number, b: number, c: number) => [number, number, number];
    readonly host_call: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly host_existed: (a: number) => number;
    readonly host_finish_read: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly host_notice: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly host_open: (a: number, b: number, c: number, d: number, e: number, f: number) => any;
    readonly host_query: (a: number, b: number, c: number) => [number, number, number, number];
    readonly host_release: (a: number) => [number, number];
    readonly host_unreached: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly rust_sqlite_wasm_host_epoch_timestamp_in_ms: (a: number) => number;
    readonly rust_sqlite_wasm_host_sleep: (a: bigint, b: number) => void;
    readonly rust_sqlite_wasm_host_random: (a: number, b: number) => number;
    readonly rust_sqlite_wasm_abort: () => void;
    readonly rust_sqlite_wasm_assert_fail: (a: number, b: number, c: number, d: number) => void;
    readonly rust_sqlite_wasm_calloc: (a: number, b: number) => number;
    readonly rust_sqlite_wasm_malloc: (a: number) => number;
    readonly rust_sqlite_wasm_free: (a: number) => void;
    readonly rust_sqlite_wasm_getentropy: (a: number, b: number) => number;
    readonly rust_sqlite_wasm_host_fill_entropy: (a: number, b: number) => number;
    readonly rust_sqlite_wasm_host_localtime: (a: bigint, b: number) => number;
    readonly rust_sqlite_wasm_localtime: (a: number) => number;
    readonly rust_sqlite_wasm_realloc: (a: number, b: number) => number;
    readonly sqlite3_os_end: () => number;
    readonly sqlite3_os_init: () => number;
    readonly wasm_bindgen__convert__closures_____invoke__h068182f2094757d1: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h9522046ba3914c02: (a: number, b: number, c: any, d: any) => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_destroy_closure: (a: number, b: number) => void;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
