/** The data of the shop: a SQLite file that all workers use, and the photos of the products. */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { defineErrors } from "packetron";

/** What a client says about a product. */
export interface NewProduct {
  readonly name: string;
  readonly stock: number;
}

export interface Product extends NewProduct {
  readonly id: number;
  /** The name of a file in the folder of photos. */
  readonly photo: string | null;
}

const storeError = defineErrors({
  PKT_SHOP_PRODUCT: { status: 404, message: (id: number) => `There is no product ${id}. Add it first.` },
});

const SCHEMA = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS product
    (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, stock INTEGER NOT NULL, photo TEXT);
  CREATE TABLE IF NOT EXISTS user (token_hash TEXT PRIMARY KEY, role TEXT NOT NULL);
`;

/** All functions that take the id of a product throw PKT_SHOP_PRODUCT, a 404, for a product that does not exist. */
export class Store {
  /** Where photos are while they arrive, and where they are served from: on one file system. */
  readonly uploads: string;
  readonly photos: string;
  readonly #database: DatabaseSync;

  constructor(folder: string) {
    this.uploads = join(folder, "uploads");
    this.photos = join(folder, "photos");
    for (const path of [this.uploads, this.photos]) mkdirSync(path, { recursive: true });
    this.#database = new DatabaseSync(join(folder, "shop.db"));
    this.#database.exec(SCHEMA);
    for (const role of ["editor", "reader"]) this.#addUser(`${role}-token`, role);
  }

  list(): Product[] {
    return this.#products("SELECT * FROM product ORDER BY id LIMIT 100");
  }

  find(id: number): Product {
    return this.#product(id, "SELECT * FROM product WHERE id = ?", id);
  }

  add({ name, stock }: NewProduct): Product {
    return this.#product(0, "INSERT INTO product (name, stock) VALUES (?, ?) RETURNING *", name, stock);
  }

  replace(id: number, { name, stock }: NewProduct): Product {
    return this.#product(
      id,
      "UPDATE product SET name = ?, stock = ? WHERE id = ? RETURNING *",
      name,
      stock,
      id,
    );
  }

  remove(id: number): Product {
    return this.#product(id, "DELETE FROM product WHERE id = ? RETURNING *", id);
  }

  deliver({ product: id, amount }: { readonly product: number; readonly amount: number }): Product {
    return this.#product(id, "UPDATE product SET stock = stock + ? WHERE id = ? RETURNING *", amount, id);
  }

  /** Makes an uploaded file the photo of a product. The name is new, and its extension is not that of the client. */
  async addPhoto(id: number, path: string): Promise<Product> {
    const { photo: old } = this.find(id);
    const photo = `${randomUUID()}.jpg`;
    await rename(path, join(this.photos, photo));
    const product = this.#product(id, "UPDATE product SET photo = ? WHERE id = ? RETURNING *", photo, id);
    if (old !== null) await rm(join(this.photos, old), { force: true });
    return product;
  }

  /** The role of the user with a token; `undefined` for a token that no user has. */
  roleOf(token: string): string | undefined {
    const [user] = this.#all("SELECT role FROM user WHERE token_hash = ?", hashOf(token));
    return user === undefined ? undefined : String(user["role"]);
  }

  /** Throws when the database does not answer. */
  check(): void {
    this.#all("SELECT 1");
  }

  close(): void {
    this.#database.close();
  }

  #addUser(token: string, role: string): void {
    this.#all("INSERT INTO user VALUES (?, ?) ON CONFLICT DO NOTHING", hashOf(token), role);
  }

  #product(id: number, sql: string, ...values: readonly SQLInputValue[]): Product {
    const [product] = this.#products(sql, ...values);
    if (product === undefined) throw storeError("PKT_SHOP_PRODUCT", id);
    return product;
  }

  #products(sql: string, ...values: readonly SQLInputValue[]): Product[] {
    return this.#all(sql, ...values).map(({ id, name, stock, photo }) => ({
      id: Number(id),
      name: String(name),
      stock: Number(stock),
      photo: photo === null ? null : String(photo),
    }));
  }

  #all(sql: string, ...values: readonly SQLInputValue[]): Record<string, unknown>[] {
    return this.#database.prepare(sql).all(...values);
  }
}

/** Tokens are random, so a hash without salt is enough: who reads the database does not have the tokens. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
