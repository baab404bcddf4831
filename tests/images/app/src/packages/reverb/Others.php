<?php

namespace Laravel\Reverb;

/** Events of all servers, over a channel of Redis: each tells and hears them all, its own too. One that was lost is subscribed again. */
class Others
{
    private $subscription = null;
    private string $buffer = '';

    /** @param array $redis as in config/database.php */
    public function __construct(private array $redis, private string $channel)
    {
    }

    /** To be waited for; null while Redis does not answer. */
    public function stream()
    {
        if ($this->subscription === null && $this->subscription = $this->connect()) {
            fwrite($this->subscription, self::command('SUBSCRIBE', $this->channel));
        }
        return $this->subscription;
    }

    public function hear(): array
    {
        $text = (string) fread($this->subscription, 65536);
        if ($text === '') {
            fclose($this->subscription);
            [$this->subscription, $this->buffer] = [null, ''];
        }
        $this->buffer .= $text;
        $events = [];
        while (preg_match('/\*3\r\n\$7\r\nmessage\r\n\$\d+\r\n\S+\r\n\$(\d+)\r\n/', $this->buffer, $found, PREG_OFFSET_CAPTURE)) {
            $start = $found[0][1] + strlen($found[0][0]);
            if (strlen($this->buffer) < $start + (int) $found[1][0] + 2) {
                break;
            }
            $events[] = substr($this->buffer, $start, (int) $found[1][0]);
            $this->buffer = substr($this->buffer, $start + (int) $found[1][0] + 2);
        }
        return $events;
    }

    /** Whether Redis took it. */
    public function tell(string $event): bool
    {
        if (! $stream = $this->connect()) {
            return false;
        }
        fwrite($stream, self::command('PUBLISH', $this->channel, $event));
        $answer = (string) fgets($stream);
        fclose($stream);
        return str_starts_with($answer, ':');
    }

    private function connect()
    {
        $stream = @stream_socket_client("tcp://{$this->redis['host']}:{$this->redis['port']}", $code, $message, 1) ?: null;
        if ($stream && ($this->redis['password'] ?? '') !== '') {
            fwrite($stream, self::command('AUTH', $this->redis['password']));
            return str_starts_with((string) fgets($stream), '+OK') ? $stream : null;
        }
        return $stream;
    }

    /** As Redis' protocol has it. */
    private static function command(string ...$words): string
    {
        return '*' . count($words) . "\r\n" . implode(array_map(fn ($word) => '$' . strlen($word) . "\r\n$word\r\n", $words));
    }
}
