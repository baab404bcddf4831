<?php

namespace Pusher;

use GuzzleHttp\ClientInterface;

/** Of pusher/pusher-php-server, what Laravel's broadcasting needs: events, signed as Pusher's HTTP API says. */
class Pusher
{
    public function __construct(
        private string $key,
        private string $secret,
        private string $appId,
        private array $options = [],
        private ?ClientInterface $client = null,
    ) {
    }

    public function trigger($channels, string $event, $data, array $params = [], bool $alreadyEncoded = false): object
    {
        $body = json_encode([...$params, 'name' => $event, 'channels' => (array) $channels, 'data' => json_encode($data)]);
        $path = "/apps/{$this->appId}/events";
        $query = [
            'auth_key' => $this->key,
            'auth_timestamp' => (string) time(),
            'auth_version' => '1.0',
            'body_md5' => md5($body),
        ];
        $query['auth_signature'] = self::sign($this->secret, 'POST', $path, $query);
        ['scheme' => $scheme, 'host' => $host, 'port' => $port] = $this->options;
        $answer = $this->client->request('POST', "$scheme://$host:$port$path", [
            'query' => $query,
            'body' => $body,
            'headers' => ['Content-Type' => 'application/json'],
        ]);
        return json_decode((string) $answer->getBody()) ?? (object) [];
    }

    public static function sign(string $secret, string $method, string $path, array $query): string
    {
        ksort($query);
        $pairs = implode('&', array_map(fn ($name) => "$name={$query[$name]}", array_keys($query)));
        return hash_hmac('sha256', "$method\n$path\n$pairs", $secret);
    }
}
