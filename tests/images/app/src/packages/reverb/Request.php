<?php

namespace Laravel\Reverb;

use Pusher\Pusher;

class Request
{
    public array $headers = [];
    public string $method;
    public string $path;
    private array $query = [];

    public function __construct(string $head, public string $body)
    {
        [$first, $lines] = explode("\r\n", $head, 2) + [1 => ''];
        [$this->method, $target] = explode(' ', $first) + [1 => '/'];
        $this->path = (string) parse_url($target, PHP_URL_PATH);
        parse_str((string) parse_url($target, PHP_URL_QUERY), $this->query);
        preg_match_all('/^([^:\r\n]+): *([^\r\n]*)/m', $lines, $found, PREG_SET_ORDER);
        foreach ($found as [, $name, $value]) {
            $this->headers[strtolower($name)] = $value;
        }
    }

    /** As Pusher's HTTP API says: over method, path, the other parameters and what the body is. */
    public function isSigned(string $secret): bool
    {
        $query = $this->query;
        $signature = (string) ($query['auth_signature'] ?? '');
        unset($query['auth_signature']);
        return ($query['body_md5'] ?? '') === md5($this->body)
            && abs(time() - (int) ($query['auth_timestamp'] ?? 0)) < 600
            && hash_equals(Pusher::sign($secret, $this->method, $this->path, $query), $signature);
    }
}
