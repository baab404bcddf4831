<?php
/** PDO through PgBouncer, configured as Laravel's pgsql connection is. */
function connect(string $database): PDO
{
    $parts = ['host' => 'DB_HOST', 'port' => 'DB_PORT', 'sslmode' => 'DB_SSLMODE'];
    $source = "pgsql:dbname=$database;"
        . implode(';', array_map(fn ($key, $name) => "$key=" . getenv($name), array_keys($parts), $parts));
    return new PDO($source, getenv('DB_USERNAME'), getenv('DB_PASSWORD'), [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => filter_var(getenv('DB_EMULATE_PREPARES'), FILTER_VALIDATE_BOOL),
    ]);
}

function database(): PDO
{
    static $connection = null;
    return $connection ??= connect(getenv('DB_DATABASE'));
}

/** Runs a statement and gives its first row. */
function query(string $sql, array $values = []): array
{
    $statement = database()->prepare($sql);
    $statement->execute($values);
    return $statement->fetch(PDO::FETCH_ASSOC) ?: [];
}

/** In a session of its own, as Laravel migrates with a lock; the lock and the connection end with this function. */
function migrate(): void
{
    $connection = connect(getenv('DB_DATABASE_SESSION') ?: getenv('DB_DATABASE'));
    $connection->beginTransaction();
    $connection->exec('SELECT pg_advisory_xact_lock(4711)');
    $connection->exec('CREATE TABLE IF NOT EXISTS writes (id bigserial PRIMARY KEY, written_at timestamptz DEFAULT now())');
    $connection->exec('CREATE TABLE IF NOT EXISTS jobs (id text PRIMARY KEY, done_at timestamptz DEFAULT now())');
    $connection->exec('CREATE TABLE IF NOT EXISTS ticks (ticked_at timestamptz DEFAULT now())');
    $connection->commit();
}
