<?php

namespace Laravel\Horizon;

use Illuminate\Support\Facades\Redis;

/** The masters that live, as Horizon keeps them: each tells its state, which lasts for 15 s. */
class Masters
{
    private const ALL = 'horizon:masters';

    public static function tell(string $name, string $status): void
    {
        Redis::zadd(self::ALL, time(), $name);
        Redis::setex("horizon:master:$name", 15, json_encode(['name' => $name, 'pid' => getmypid(), 'status' => $status]));
    }

    public static function forget(string $name): void
    {
        Redis::zrem(self::ALL, $name);
        Redis::del("horizon:master:$name");
    }

    public static function all(): array
    {
        $names = Redis::zrangebyscore(self::ALL, time() - 14, '+inf');
        return array_filter(array_map(fn ($name) => json_decode(Redis::get("horizon:master:$name") ?: 'null'), $names));
    }
}
