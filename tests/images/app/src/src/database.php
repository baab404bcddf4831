<?php
/** PDO through PgBouncer, configured as Laravel's pgsql connection is. */
function database(): PDO
{
    static $connection = null;
    if ($connection === null) {
        $parts = ['host' => 'DB_HOST', 'port' => 'DB_PORT', 'dbname' => 'DB_DATABASE', 'sslmode' => 'DB_SSLMODE'];
        $source = 'pgsql:' . implode(';', array_map(fn ($key, $name) => "$key=" . getenv($name), array_keys($parts), $parts));
        $connection = new PDO($source, getenv('DB_USERNAME'), getenv('DB_PASSWORD'), [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_EMULATE_PREPARES => filter_var(getenv('DB_EMULATE_PREPARES'), FILTER_VALIDATE_BOOL),
        ]);
    }
    return $connection;
}

/** Runs a statement and gives its first row. */
function query(string $sql, array $values = []): array
{
    $statement = database()->prepare($sql);
    $statement->execute($values);
    return $statement->fetch(PDO::FETCH_ASSOC) ?: [];
}

function migrate(): void
{
    $connection = database();
    $connection->beginTransaction();
    $connection->exec('SELECT pg_advisory_xact_lock(4711)');
    $connection->exec('CREATE TABLE IF NOT EXISTS writes (id bigserial PRIMARY KEY, written_at timestamptz DEFAULT now())');
    $connection->exec('CREATE TABLE IF NOT EXISTS jobs (id text PRIMARY KEY, done_at timestamptz DEFAULT now())');
    $connection->exec('CREATE TABLE IF NOT EXISTS ticks (ticked_at timestamptz DEFAULT now())');
    $connection->commit();
}
