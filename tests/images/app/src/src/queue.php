<?php
const QUEUE = 'queues:default';
const HEARTBEAT = 'worker:heartbeat';

function redis(): Redis
{
    static $connection = null;
    if ($connection === null) {
        $connection = new Redis();
        $connection->connect(getenv('REDIS_HOST'), (int) (getenv('REDIS_PORT') ?: 6379), 3);
        $connection->auth(getenv('REDIS_PASSWORD'));
    }
    return $connection;
}

/** Takes jobs from Redis and marks them done in PostgreSQL, until it is told to end. */
function work(): void
{
    while (true) {
        redis()->set(HEARTBEAT, time());
        $job = redis()->blPop([QUEUE], 2);
        if ($job) {
            query('INSERT INTO jobs (id) VALUES (?)', [$job[1]]);
        }
    }
}

function worker_is_alive(): bool
{
    return time() - (int) redis()->get(HEARTBEAT) < 15;
}
