// c15t's own backend as its documentation sets it up, on SQLite (a file) or PostgreSQL (a URL). Prints its port.
import {DatabaseSync} from 'node:sqlite';
import {serve} from '@hono/node-server';
import {c15tInstance} from '@c15t/backend';
import {kyselyAdapter} from '@c15t/backend/db/adapters/kysely';
import {migrator} from '@c15t/backend/db/migrator';
import {DB} from '@c15t/backend/db/schema';
import {Kysely, PostgresDialect, SqliteDialect} from 'kysely';
import pg from 'pg';

const place = process.argv[2];
const isPostgres = place.startsWith('postgres:');

// Kysely speaks to better-sqlite3, whose compiled part cannot be had without a download; Node brings its own SQLite.
function sqlite(path) {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: values => statement.all(...values),
        iterate: values => statement.iterate(...values),
        run: values => statement.run(...values),
      };
    },
  };
}

const dialect = isPostgres
  ? new PostgresDialect({pool: new pg.Pool({connectionString: place, max: 16})})
  : new SqliteDialect({database: sqlite(place)});
const adapter = kyselyAdapter({db: new Kysely({dialect}), provider: isPostgres ? 'postgresql' : 'sqlite'});
const migration = await migrator({db: DB.client(adapter), schema: 'latest'});
await migration.execute();

const instance = c15tInstance({
  appName: 'bench',
  basePath: '/api/c15t',
  trustedOrigins: ['https://shop.example'],
  adapter,
  logger: {level: 'error'},
});
serve({fetch: instance.handler, hostname: '127.0.0.1', port: 0}, address => console.log(address.port));
