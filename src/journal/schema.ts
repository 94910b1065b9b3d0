// The journal's format in SQLite. One table without further indexes: appended to and cut off at the old end, so that little can be
// damaged by half a write and a search goes through it in order.

/** "Stfj" (PRAGMA application_id). */
export const applicationId = 0x5374666a;

/** Version 1: Standfast 0.1. An older one must stay readable: test/journals. */
export const schemaVersion = 1;

/** AUTOINCREMENT: `seq` grows for ever, also when all lines have been removed. */
export const schema = `
  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    atMs INTEGER NOT NULL,
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    service TEXT,
    instance TEXT,
    term INTEGER,
    rule INTEGER,
    facts TEXT NOT NULL
  );
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;
