/** Books in SQLite. */
import { z } from "zod";
import type { Database, Row } from "./database.ts";

/** What a client sends. The check of requests, the types of handlers and the documentation come from these schemas. */
export const newBook = z.object({ title: z.string().min(1).max(200), pages: z.number().int().min(1) });
export const book = newBook.extend({ id: z.number().int() });
export const listQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

type NewBook = z.infer<typeof newBook>;
type Book = z.infer<typeof book>;

export class Books {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.all(
      "CREATE TABLE IF NOT EXISTS book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pages INTEGER NOT NULL)",
    );
  }

  list({ after, limit }: z.infer<typeof listQuery>): Book[] {
    return this.#database
      .all("SELECT * FROM book WHERE id > ? ORDER BY id LIMIT ?", after, limit)
      .map(toBook);
  }

  find(id: number): Book | undefined {
    return this.#database.all("SELECT * FROM book WHERE id = ?", id).map(toBook)[0];
  }

  add({ title, pages }: NewBook): Book | undefined {
    return this.#database
      .all("INSERT INTO book (title, pages) VALUES (?, ?) RETURNING *", title, pages)
      .map(toBook)[0];
  }

  replace(id: number, { title, pages }: NewBook): Book | undefined {
    return this.#database
      .all("UPDATE book SET title = ?, pages = ? WHERE id = ? RETURNING *", title, pages, id)
      .map(toBook)[0];
  }

  remove(id: number): boolean {
    return this.#database.all("DELETE FROM book WHERE id = ? RETURNING id", id).length > 0;
  }
}

function toBook(row: Row): Book {
  return book.parse({ ...row });
}
