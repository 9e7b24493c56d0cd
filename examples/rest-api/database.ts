/** SQLite in this process: `node:sqlite` where Node has it (from 22.13), else sql.js, which is SQLite as WebAssembly. */

/** A value that SQLite keeps. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

/** What the example needs of SQLite. */
export interface Database {
  /** Runs a statement; resolves its rows, those of RETURNING among them. */
  all(sql: string, ...values: readonly Value[]): Row[];
  close(): void;
}

/** Opens a database file. sql.js keeps its data in memory only. */
export async function openDatabase(file: string): Promise<Database> {
  return hasSqlite() ? await openNative(file) : await openWasm();
}

function hasSqlite(): boolean {
  return process.getBuiltinModule?.("node:sqlite") !== undefined;
}

async function openNative(file: string): Promise<Database> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  return {
    all: (sql, ...values) => database.prepare(sql).all(...values),
    close: () => database.close(),
  };
}

/** Exported for the test, which compares both. */
export async function openWasm(): Promise<Database> {
  const { default: load } = await import("sql.js");
  const { Database: Wasm } = await load();
  const database = new Wasm();
  return {
    all(sql, ...values) {
      const statement = database.prepare(sql, [...values]);
      const rows: Row[] = [];
      while (statement.step()) rows.push(statement.getAsObject());
      statement.free();
      return rows;
    },
    close: () => database.close(),
  };
}
