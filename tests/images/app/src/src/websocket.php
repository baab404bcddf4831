<?php
/** Answers each text frame of a websocket client with the same text (RFC 6455, frames below 126 bytes). */
function serve_websockets(string $host, int $port): void
{
    $server = stream_socket_server("tcp://$host:$port", $code, $message) ?: throw new RuntimeException($message);
    $clients = [];
    while (true) {
        $readable = [$server, ...array_values($clients)];
        $none = null;
        if (!stream_select($readable, $none, $none, 5)) {
            continue;
        }
        foreach ($readable as $stream) {
            if ($stream === $server) {
                $client = stream_socket_accept($server, 0);
                if ($client && handshake($client)) {
                    $clients[(int) $client] = $client;
                }
            } elseif (!answer($stream)) {
                fclose($stream);
                unset($clients[(int) $stream]);
            }
        }
    }
}

function handshake($client): bool
{
    stream_set_timeout($client, 2);
    $request = '';
    while (($line = fgets($client)) !== false && rtrim($line) !== '') {
        $request .= $line;
    }
    $path = '/app/' . getenv('REVERB_APP_KEY');
    if (!preg_match('/^Sec-WebSocket-Key: *(\S+)/mi', $request, $key) || !str_contains($request, "GET $path ")) {
        fwrite($client, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        fclose($client);
        return false;
    }
    $accept = base64_encode(sha1($key[1] . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true));
    fwrite($client, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        . "Sec-WebSocket-Accept: $accept\r\n\r\n");
    return true;
}

function answer($client): bool
{
    $head = fread($client, 2);
    if (strlen((string) $head) < 2 || (ord($head[0]) & 15) !== 1) {
        return false;
    }
    $mask = fread($client, 4);
    $payload = fread($client, ord($head[1]) & 127);
    $text = $payload ^ str_pad('', strlen($payload), $mask);
    return (bool) fwrite($client, "\x81" . chr(strlen($text)) . $text);
}
