<?php

namespace Laravel\Reverb;

/** What came and goes on one connection: a request, or the frames of a websocket (RFC 6455, not fragmented). */
class Connection
{
    public array $channels = [];
    public readonly string $id;
    public bool $isWebsocket = false;
    private string $buffer = '';

    public function __construct(public $stream)
    {
        stream_set_blocking($stream, false);
        $this->id = random_int(1, 999_999_999) . '.' . random_int(1, 999_999_999);
    }

    public function read(): bool
    {
        $text = fread($this->stream, 65536);
        $this->buffer .= (string) $text;
        return $text !== false && ($text !== '' || ! feof($this->stream));
    }

    /** Null until all of it is there. */
    public function request(): ?Request
    {
        [$head, $body] = explode("\r\n\r\n", $this->buffer, 2) + [1 => null];
        $length = preg_match('/^Content-Length: *(\d+)/mi', $head, $found) ? (int) $found[1] : 0;
        if ($body === null || strlen($body) < $length) {
            return null;
        }
        $this->buffer = substr($body, $length);
        return new Request($head, substr($body, 0, $length));
    }

    /** Ends the connection. */
    public function respond(string $status, array|object $answer): bool
    {
        $body = json_encode($answer);
        $length = strlen($body);
        $this->write("HTTP/1.1 $status\r\nContent-Type: application/json\r\nContent-Length: $length\r\nConnection: close\r\n\r\n$body");
        return false;
    }

    public function upgrade(string $key): void
    {
        $accept = base64_encode(sha1($key . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true));
        $this->write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            . "Sec-WebSocket-Accept: $accept\r\n\r\n");
        $this->isWebsocket = true;
    }

    /** (operation, payload) of the next one that is complete. */
    public function frame(): ?array
    {
        if (strlen($this->buffer) < 2) {
            return null;
        }
        [$size, $start] = match ($length = ord($this->buffer[1]) & 127) {
            126 => [unpack('n', substr($this->buffer, 2, 2) . "\0\0")[1], 8],
            127 => [unpack('J', substr($this->buffer, 2, 8) . str_repeat("\0", 8))[1], 14],
            default => [$length, 6],
        };
        if (strlen($this->buffer) < $start + $size) {
            return null;
        }
        $mask = substr($this->buffer, $start - 4, 4);
        $payload = substr($this->buffer, $start, $size);
        $operation = ord($this->buffer[0]) & 15;
        $this->buffer = substr($this->buffer, $start + $size);
        return [$operation, $payload ^ str_pad('', $size, $mask)];
    }

    public function send(string $payload, int $operation = 1): void
    {
        $size = strlen($payload);
        $length = $size < 126 ? chr($size) : ($size < 65536 ? chr(126) . pack('n', $size) : chr(127) . pack('J', $size));
        $this->write(chr(128 | $operation) . $length . $payload);
    }

    public function close(int $code): void
    {
        $this->send(pack('n', $code), 8);
    }

    private function write(string $text): void
    {
        stream_set_blocking($this->stream, true);
        // Who has left is noticed when the connection is read.
        @fwrite($this->stream, $text);
        stream_set_blocking($this->stream, false);
    }
}
