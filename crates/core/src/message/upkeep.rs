//! Messages of the area `upkeep`: schema and backups of a server's database.

catalogue! { "upkeep";
    migrated(from, to) "The schema was brought from {from} to {to}";
    current(number) "The schema is {number}, which is the newest: nothing was done";
    ahead(found, known) "The schema is {found}. This program knows up to {known}, and works on it: nothing was done";
    newer(found, known) "Cannot use schema {found}: this program knows up to {known}\nhint: use the version of hep that made it, or a later one";
    older_nodes(number, nodes) "Cannot bring the schema to {number}: nodes of an older version are up, and would not work on it: {nodes}\nhint: stop them first, or say `hep migrate --allow-older-nodes`";
    database(why) "Cannot use the database: {why}";
    no_schema() "there is nothing in the database";
    is_there(path) "Cannot write the backup to {path}: there is a file already\nhint: give the name of a new one";
    cannot_write(path, why) "Cannot write {path}: {why}";
    cannot_read(path, why) "Cannot read the backup {path}: {why}. The database was not changed";
    no_backup(path) "{path} is no backup of hep";
    not_empty() "Cannot restore into a database that holds something. It was not changed\nhint: name a new one with `--database`";
    backed_up(rows, path) "{path} holds {rows} rows";
    key_is_in() "The master key is in it too: whoever has the file can open every secret";
    key_is_not_in(path) "The master key is not in it\nhint: keep {path} elsewhere; without it the secrets in the backup cannot be opened";
    restored(rows) "{rows} rows were restored. Runs that were under way are lost; everybody has to sign in again";
    key_restored(path) "The master key was written to {path}";
    key_needed(path) "The backup holds no master key\nhint: put the one that belongs to it to {path} before the server starts";
    key_is_there(path) "The master key in {path} was left as it is; that of the backup was not written\nhint: if it is another one, add the lines of the other to the file";
}
