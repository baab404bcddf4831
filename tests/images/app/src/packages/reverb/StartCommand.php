<?php

namespace Laravel\Reverb;

use Illuminate\Console\Command;

class StartCommand extends Command
{
    protected $signature = 'reverb:start {--host=0.0.0.0} {--port=8080}';

    public function handle(): void
    {
        ['key' => $key, 'secret' => $secret, 'app_id' => $app] = config('broadcasting.connections.reverb');
        ['enabled' => $scales, 'channel' => $channel, 'server' => $redis] = config('reverb.servers.reverb.scaling');
        $server = new Server($key, $secret, $app, $scales ? new Others($redis, $channel) : null);
        $this->trap([SIGTERM, SIGINT], fn () => $server->stop());
        $server->serve($this->option('host'), (int) $this->option('port'));
    }
}
