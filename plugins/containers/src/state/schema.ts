/** `PRAGMA user_version` of a database with these tables. */
export const SCHEMA_VERSION = 1;

/** `status` and `image` are in the documents, too; as columns they are found without reading those. */
export const SCHEMA = `
CREATE TABLE containers (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, image TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
  spec TEXT NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE INDEX containers_by_image ON containers (image);
CREATE TABLE volumes (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, anonymous INTEGER NOT NULL, labels TEXT NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${SCHEMA_VERSION};
`;
