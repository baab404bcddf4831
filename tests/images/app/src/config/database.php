<?php

$pgsql = [
    'driver' => 'pgsql',
    'host' => env('DB_HOST'),
    'port' => env('DB_PORT'),
    'database' => env('DB_DATABASE'),
    'username' => env('DB_USERNAME'),
    'password' => env('DB_PASSWORD'),
    'charset' => 'utf8',
    'search_path' => 'public',
    'sslmode' => env('DB_SSLMODE', 'prefer'),
    'sslrootcert' => env('PGSSLROOTCERT'),
    'options' => [PDO::ATTR_EMULATE_PREPARES => env('DB_EMULATE_PREPARES', false)],
];

return [
    'connections' => [
        'pgsql' => array_merge($pgsql, [
            'read' => ['database' => env('DB_DATABASE_READ', env('DB_DATABASE'))],
            'write' => ['database' => env('DB_DATABASE')],
            // A request reads from the primary what it wrote there.
            'sticky' => true,
        ]),
        'pgsql_session' => array_merge($pgsql, ['database' => env('DB_DATABASE_SESSION', env('DB_DATABASE'))]),
    ],
];
