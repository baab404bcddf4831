<?php

namespace Laravel\Reverb;

use RuntimeException;

/** Websockets at /app/{key}, and events for them at POST /apps/{id}/events. One loop serves all connections. */
class Server
{
    private array $connections = [];
    private bool $stopping = false;

    public function __construct(private string $key, private string $secret, private string $app, private ?Others $others = null)
    {
    }

    public function serve(string $host, int $port): void
    {
        $server = stream_socket_server("tcp://$host:$port", $code, $message) ?: throw new RuntimeException($message);
        while (! $this->stopping) {
            $readable = [$server, ...array_map(fn ($connection) => $connection->stream, array_values($this->connections))];
            $told = $this->others?->stream();
            $told && $readable[] = $told;
            $none = null;
            // A signal ends it with a warning.
            if (! @stream_select($readable, $none, $none, 1)) {
                continue;
            }
            foreach ($readable as $stream) {
                if ($stream === $told) {
                    array_map(fn ($event) => $this->deliver(json_decode($event, true)), $this->others->hear());
                } elseif ($stream === $server) {
                    $client = stream_socket_accept($server, 0);
                    $client && $this->connections[(int) $client] = new Connection($client);
                } elseif (! $this->hear($this->connections[(int) $stream])) {
                    fclose($stream);
                    unset($this->connections[(int) $stream]);
                }
            }
        }
        fclose($server);
        foreach ($this->connections as $connection) {
            $connection->close(1001);
        }
    }

    public function stop(): void
    {
        $this->stopping = true;
    }

    /** Whether the connection goes on. */
    private function hear(Connection $connection): bool
    {
        if (! $connection->read()) {
            return false;
        }
        if (! $connection->isWebsocket) {
            $request = $connection->request();
            return $request === null || $this->answer($connection, $request);
        }
        while ($frame = $connection->frame()) {
            [$operation, $payload] = $frame;
            if ($operation === 8) {
                $connection->close(1000);
                return false;
            }
            if ($operation === 9) {
                $connection->send($payload, 10);
            }
            if ($operation === 1) {
                $this->obey($connection, json_decode($payload, true) ?? []);
            }
        }
        return true;
    }

    private function answer(Connection $connection, Request $request): bool
    {
        if ($request->path === "/app/{$this->key}" && isset($request->headers['sec-websocket-key'])) {
            $connection->upgrade($request->headers['sec-websocket-key']);
            $this->tell($connection, 'pusher:connection_established', ['socket_id' => $connection->id, 'activity_timeout' => 30]);
            return true;
        }
        if ($request->method !== 'POST' || $request->path !== "/apps/{$this->app}/events") {
            return $connection->respond('404 Not Found', ['error' => 'not found']);
        }
        if (! $request->isSigned($this->secret)) {
            return $connection->respond('401 Unauthorized', ['error' => 'Authentication signature invalid.']);
        }
        if (! $this->others) {
            $this->deliver(json_decode($request->body, true));
        } elseif (! $this->others->tell($request->body)) {
            return $connection->respond('500 Internal Server Error', ['error' => 'Redis does not answer']);
        }
        return $connection->respond('200 OK', (object) []);
    }

    private function deliver(array $event): void
    {
        foreach ($this->connections as $other) {
            foreach (array_intersect($event['channels'] ?? [$event['channel']], $other->channels) as $channel) {
                if (($event['socket_id'] ?? null) !== $other->id) {
                    $other->send(json_encode(['event' => $event['name'], 'channel' => $channel, 'data' => $event['data']]));
                }
            }
        }
    }

    private function obey(Connection $connection, array $message): void
    {
        if (($message['event'] ?? '') === 'pusher:ping') {
            $this->tell($connection, 'pusher:pong', (object) []);
        }
        if (($message['event'] ?? '') !== 'pusher:subscribe') {
            return;
        }
        ['channel' => $channel, 'auth' => $auth] = $message['data'] + ['auth' => ''];
        $expected = "{$this->key}:" . hash_hmac('sha256', "{$connection->id}:$channel", $this->secret);
        if (preg_match('/^(private|presence)-/', $channel) && ! hash_equals($expected, $auth)) {
            $this->tell($connection, 'pusher:error', ['code' => 4009, 'message' => 'Connection is unauthorized']);
            return;
        }
        $connection->channels[] = $channel;
        $this->tell($connection, 'pusher_internal:subscription_succeeded', (object) [], $channel);
    }

    private function tell(Connection $connection, string $event, array|object $data, ?string $channel = null): void
    {
        $connection->send(json_encode(array_filter(['event' => $event, 'channel' => $channel, 'data' => json_encode($data)])));
    }
}
