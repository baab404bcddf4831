<?php
require __DIR__ . '/../src/database.php';
require __DIR__ . '/../src/queue.php';

header('X-Release: ' . getenv('APP_RELEASE'));
header('Content-Type: application/json');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$route = $_SERVER['REQUEST_METHOD'] . ' ' . preg_replace('#^/jobs/.+#', '/jobs/{id}', $path);

try {
    echo json_encode(match ($route) {
        'GET /' => ['host' => $_SERVER['HTTP_HOST'], 'scheme' => $_SERVER['HTTP_X_FORWARDED_PROTO'] ?? 'http'],
        'GET /up' => ['database' => query('SELECT 1 AS up')['up'], 'redis' => redis()->ping()],
        'POST /writes' => (function () {
            migrate();
            return query('INSERT INTO writes DEFAULT VALUES RETURNING id');
        })(),
        'POST /jobs' => (function () {
            $id = bin2hex(random_bytes(8));
            redis()->rPush(QUEUE, $id);
            return ['id' => $id];
        })(),
        'GET /jobs/{id}' => ['done' => query('SELECT 1 FROM jobs WHERE id = ?', [basename($path)]) !== []],
        'GET /ticks' => query('SELECT count(*) AS ticks, max(ticked_at) AS last FROM ticks'),
        default => (function () {
            http_response_code(404);
            return ['error' => 'not found'];
        })(),
    });
} catch (Throwable $problem) {
    http_response_code(500);
    echo json_encode(['error' => $problem->getMessage()]);
}
