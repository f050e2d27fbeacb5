/**
 * A layer has a row for each id that it is known by: the key of the step that made it, and its diffID. `forms` are the blobs that hold a
 * layer in the form in which it came from elsewhere. `garbage` is what an image that was removed needed: looked at, and emptied, after
 * the removal itself is done.
 */
const FIRST = `
CREATE TABLE images (
  digest TEXT PRIMARY KEY, media_type TEXT NOT NULL, manifest_size INTEGER NOT NULL, id TEXT NOT NULL, created TEXT,
  size INTEGER NOT NULL, stored_at INTEGER NOT NULL
) STRICT;
CREATE INDEX images_by_id ON images (id);
CREATE TABLE image_layers (
  image TEXT NOT NULL, position INTEGER NOT NULL, diff_id TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (image, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_layers_by_diff_id ON image_layers (diff_id);
CREATE INDEX image_layers_by_digest ON image_layers (digest);
CREATE TABLE names (name TEXT PRIMARY KEY, image TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX names_by_image ON names (image);
CREATE TABLE layers (id TEXT PRIMARY KEY, diff_id TEXT, size INTEGER, directory TEXT) STRICT, WITHOUT ROWID;
CREATE INDEX layers_by_diff_id ON layers (diff_id);
CREATE TABLE forms (
  digest TEXT PRIMARY KEY, diff_id TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX forms_by_diff_id ON forms (diff_id);
CREATE TABLE records (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, parts TEXT NOT NULL, parent TEXT NOT NULL, kind TEXT NOT NULL,
  title TEXT NOT NULL, layer TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE INDEX records_by_parent ON records (parent, kind);
CREATE INDEX records_by_layer ON records (layer);
CREATE TABLE files (
  dev INTEGER NOT NULL, ino INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL,
  digest BLOB NOT NULL, PRIMARY KEY (dev, ino)
) STRICT, WITHOUT ROWID;
CREATE TABLE remembered (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE garbage (digest TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (digest, kind)) STRICT, WITHOUT ROWID;
`;

/** When a result was last of use, in milliseconds since 1970: what a collection goes by. */
const USED_AT = `
ALTER TABLE records ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
`;

/**
 * What an index names, by position: images, which have rows of their own, and artifacts with their blobs. An image that came only as part
 * of an index is not its own (`own`): it is not listed, and goes when the index goes.
 */
const INDEXES = `
ALTER TABLE images ADD COLUMN own INTEGER NOT NULL DEFAULT 1;
CREATE TABLE index_entries (
  image TEXT NOT NULL, position INTEGER NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL, platform TEXT, PRIMARY KEY (image, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX index_entries_by_digest ON index_entries (digest);
`;

/** When what was found in a tree was last asked for: nobody asks again for a tree of which another has become. */
const FOUND_AT = `
ALTER TABLE remembered ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
`;

/**
 * What makes each version of the tables out of the one before, the first out of an empty database. A version that was released never
 * changes: what is new goes to the end.
 */
export const MIGRATIONS: readonly string[] = [FIRST, INDEXES, USED_AT, FOUND_AT];

/** `PRAGMA user_version` of a database with these tables. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** From a version to the present one, inside a transaction. */
export const migrationFrom = (version: number): string =>
  [...MIGRATIONS.slice(version), `PRAGMA user_version = ${SCHEMA_VERSION};`].join('\n');
