// Beats into a row of an SQLite database, as a service that writes its own progress would.
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(process.env.DATABASE ?? '');
database.exec('pragma journal_mode = wal; create table if not exists beats (name text primary key, beat_at real)');
const beat = database.prepare('insert or replace into beats values (?, ?)');
setInterval(() => beat.run(process.env.STANDFAST_SERVICE ?? '', Date.now()), 50);
beat.run(process.env.STANDFAST_SERVICE ?? '', Date.now());
console.log('beats');
